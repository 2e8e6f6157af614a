import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { type Block, codeBlocks } from '../src/blocks.ts';
import { runProgram, writeProgram } from '../src/program.ts';
import { checkCommands } from '../src/shell.ts';
import { typeCheck } from '../src/types.ts';
import { documents, readWorkspace, root } from '../src/workspace.ts';

const folder = join(import.meta.dirname, '..', '.blocks', 'documents');
const workspace = readWorkspace();
const files = documents();
const blocks = files.filter((file) => existsSync(join(root, file))).flatMap(readBlocks);

test.each(files)('%s is there', (file) => {
  expect(existsSync(join(root, file))).toBe(true);
});

test('every block says a language that is checked here', () => {
  const known = new Set(['js', 'json', 'sh', 'text', 'ts']);
  expect(blocks.filter(({ language }) => !known.has(language)).map(place)).toStrictEqual([]);
});

describe('programs', () => {
  rmSync(folder, { recursive: true, force: true });
  // Each stands alone: it imports what it uses, so that a reader can copy it as it is.
  const programs = inLanguage('ts', 'js').map((block) => writeProgram(block, folder));
  const errors = typeCheck(programs, folder);

  test.for(programs.map((program) => ({ where: place(program.block), program })))(
    '$where runs, has no type error and prints what it says',
    ({ program }, { task }) => {
      expect([...errors.of(program), ...runProgram(program, task.timeout)]).toStrictEqual([]);
    },
  );

  test('import packages without type errors', () => {
    expect(errors.elsewhere).toStrictEqual([]);
  });
});

test.each(inLanguage('sh').map((block) => ({ where: place(block), block })))(
  '$where names commands that exist',
  ({ block }) => {
    expect(checkCommands(block, workspace)).toStrictEqual([]);
  },
);

test.each(inLanguage('json').map((block) => ({ where: place(block), block })))(
  '$where is JSON',
  ({ block }) => {
    expect(() => void JSON.parse(block.code)).not.toThrow();
  },
);

function readBlocks(file: string): Block[] {
  return codeBlocks(file, readFileSync(join(root, file), 'utf8'));
}

function inLanguage(...languages: string[]): Block[] {
  return blocks.filter(({ language }) => languages.includes(language));
}

function place({ file, line }: Block): string {
  return `${file}:${line}`;
}
