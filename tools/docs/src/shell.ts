import { existsSync } from 'node:fs';
import { join } from 'node:path';

import type { Block } from './blocks.ts';
import type { Workspace } from './workspace.ts';

/**
 * What is wrong with the commands of a block. They do not run here: continuous integration runs the scripts they name.
 * So a block may only use commands that can be checked to exist.
 */
export function checkCommands(block: Block, workspace: Workspace): string[] {
  return block.code.split('\n').flatMap((text, index) =>
    text
      .replace(/(^|\s)#.*$/, '')
      .split('&&')
      .map((command) => command.trim().split(/\s+/))
      .filter(([program]) => program !== '')
      .flatMap((words) => {
        const problem = checkCommand(words, workspace);
        return problem === undefined
          ? []
          : [`${block.file}:${block.line + 1 + index} ${words.join(' ')}: ${problem}`];
      }),
  );
}

function checkCommand(words: readonly string[], workspace: Workspace): string | undefined {
  const [program = '', verb = '', ...rest] = words;
  switch (program) {
    case 'git':
      return verb === 'clone' ? undefined : 'only git clone is known here.';
    case 'cd':
      return undefined;
    case 'bash':
    case 'node':
      return existsSync(join(workspace.root, verb)) ? undefined : `there is no file ${verb}.`;
    case 'npx':
      return workspace.commands.has(verb) ? undefined : `no package of ours brings the command ${verb}.`;
    case 'npm':
      if (verb === 'install') return checkInstall(rest, workspace);
      if (verb === 'test') return checkScript(verb, workspace);
      return verb === 'run'
        ? checkScript(rest[0], workspace)
        : 'only npm install, npm run and npm test are known here.';
    case 'pnpm':
      if (verb === 'install' && rest.length === 0) return undefined;
      return verb === 'add' ? checkInstall(rest, workspace) : checkScript(verb, workspace);
    default:
      return 'an unknown command, of which nobody can tell whether it works.';
  }
}

function checkScript(name: string | undefined, { scripts }: Workspace): string | undefined {
  if (name === undefined) return 'it does not say which script.';
  return scripts.has(name) ? undefined : `package.json has no script ${name}.`;
}

function checkInstall(words: readonly string[], { installable }: Workspace): string | undefined {
  const names = words.filter((word) => !word.startsWith('-'));
  if (names.length === 0) return 'it does not say what to install.';
  const unknown = names.filter((name) => !installable.has(name));
  return unknown.length === 0
    ? undefined
    : `${unknown.join(', ')} is neither ours nor a peer of what is ours.`;
}
