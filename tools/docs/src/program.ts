import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import type { Block } from './blocks.ts';

/** A block as a file that Node runs. */
export interface Program {
  readonly block: Block;
  readonly path: string;
}

interface Print {
  readonly line: number;
  readonly text: string;
}

const recorder = join(import.meta.dirname, 'record.ts');

/**
 * Writes a block to a file of its own. Empty lines before it put each of its lines where it is in the document, so that
 * stack traces and type errors name the document's lines.
 */
export function writeProgram(block: Block, folder: string): Program {
  mkdirSync(folder, { recursive: true });
  const name = `${block.file.replaceAll(/[^A-Za-z0-9]/g, '-')}-${block.line}.${block.language}`;
  const path = join(folder, name);
  writeFileSync(path, `${'\n'.repeat(block.line)}${block.code}\n`);
  return { block, path };
}

/**
 * Runs a program, with every package's source in place of its build. Returns what is wrong with it.
 * @param timeout when to stop it, in milliseconds; without it, never
 */
export function runProgram({ block, path }: Program, timeout?: number): string[] {
  const { status, signal, stderr, output } = spawnSync(
    process.execPath,
    ['--no-warnings', '--conditions=@asgd/source', '--import', recorder, path],
    { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe', 'pipe'], timeout },
  );
  if (signal !== null) {
    return [`${block.file}:${block.line} was stopped by ${signal} after at most ${timeout} ms.`];
  }
  if (status !== 0) return [`${block.file}:${block.line} ended with exit code ${status}:\n${stderr}`];
  const prints = (output[3] ?? '').split('\n').filter((line) => line !== '');
  return compare(
    block,
    prints.map((line) => JSON.parse(line) as Print),
  );
}

/** Every `console.log(…); // what it prints` of a block against what was printed there. */
function compare(block: Block, prints: readonly Print[]): string[] {
  return block.code.split('\n').flatMap((code, index) => {
    const expected = /console\.log\(.*\);\s*\/\/(?<comment>.+)$/.exec(code)?.groups?.['comment'];
    if (expected === undefined) return [];
    const line = block.line + 1 + index;
    const printed = prints.filter((print) => print.line === line).map(({ text }) => text);
    if (printed.length === 0) {
      return [`${block.file}:${line} says that it prints ${expected.trim()}, but never runs.`];
    }
    return printed
      .filter((text) => !matches(text, expected))
      .map((text) => `${block.file}:${line} says that it prints ${expected.trim()}, but prints ${text}`);
  });
}

/** Spacing aside, a comment has to say what is printed. `…` in it stands for anything: the rest of a long fraction. */
function matches(text: string, comment: string): boolean {
  const parts = squeeze(comment)
    .split('…')
    .map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`));
  return new RegExp(`^${parts.join('.*')}$`).test(squeeze(text));
}

function squeeze(text: string): string {
  return text
    .trim()
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/(?<=[[{(]) | (?=[\]})])/g, '');
}
