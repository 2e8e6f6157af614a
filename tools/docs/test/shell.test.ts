import { describe, expect, test } from 'vitest';

import { checkCommands } from '../src/shell.ts';
import { readWorkspace } from '../src/workspace.ts';

const workspace = readWorkspace();

function check(code: string): string[] {
  return checkCommands({ file: 'a.md', line: 10, language: 'sh', code }, workspace);
}

describe('a command passes', () => {
  test.each([
    'npm install @asgd/core @asgd/cpu',
    'npm install --save-dev @asgd/conformance vitest',
    'pnpm add @asgd/core',
    'pnpm install',
    'npm test',
    'npm run demo -- --epochs 3',
    'pnpm demo --epochs 3',
    'git clone https://example.org/asgd.git',
    'cd asgd',
    'bash .ci/run',
    'node tools/setup/run.mjs turbo run test',
    'npx asgd-conformance @asgd/cpu --export cpu',
    '# a comment',
    '',
    'cd asgd && npm test # then look',
  ])('%s', (command) => {
    expect(check(command)).toStrictEqual([]);
  });
});

describe('a command fails', () => {
  test.each([
    ['npm install @asgd/cpus', '@asgd/cpus is neither ours nor a peer of what is ours.'],
    ['npm install @asgd/trains', '@asgd/trains is neither ours nor a peer of what is ours.'],
    ['npm install', 'it does not say what to install.'],
    ['npm run dmeo', 'package.json has no script dmeo.'],
    ['npm run', 'it does not say which script.'],
    ['npm demo', 'only npm install, npm run and npm test are known here.'],
    ['pnpm dmeo', 'package.json has no script dmeo.'],
    ['git push', 'only git clone is known here.'],
    ['bash .ci/rum', 'there is no file .ci/rum.'],
    ['npx asgd-trains', 'no package of ours brings the command asgd-trains.'],
    ['make', 'an unknown command, of which nobody can tell whether it works.'],
  ])('%s', (command, problem) => {
    expect(check(command)).toStrictEqual([`a.md:11 ${command}: ${problem}`]);
  });

  test('on the line where it stands, behind others', () => {
    expect(check('npm test\n# comment\ncd asgd && make all')).toStrictEqual([
      'a.md:13 make all: an unknown command, of which nobody can tell whether it works.',
    ]);
  });
});
