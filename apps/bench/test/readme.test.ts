import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { describe, expect, test } from 'vitest';
import { allContenders } from '../src/contenders/index.ts';
import { benchCommand, type Options } from '../src/options.ts';
import { renderReport } from '../src/render.ts';
import { measured } from './fake.ts';
import { runOf } from './fake-run.ts';

const readme = readFileSync(join(import.meta.dirname, '..', 'README.md'), 'utf8');

describe('the README', () => {
  test('gives commands that the program takes', async () => {
    const given: Options[] = [];
    for (const command of commandsOf(readme)) {
      await benchCommand((options) => void given.push(options))
        .exitOverride()
        .parseAsync(command, { from: 'user' });
    }
    expect(given).toStrictEqual([
      expect.objectContaining({ quick: true }),
      expect.objectContaining({}),
      expect.objectContaining({ only: 'hand-loop' }),
      expect.objectContaining({ python: '/path/to/venv/bin/python' }),
      expect.objectContaining({ targets: true }),
      expect.objectContaining({ linear: true, targets: true }),
      expect.objectContaining({ list: true }),
    ]);
  });

  test('shows a table as the program prints it', async () => {
    const contenders = allContenders('python3').filter(({ id }) => ['asgd-cpu', 'hand-loop'].includes(id));
    const report = await runOf(contenders, () => [1, 1], { quick: true, only: '1 Mi, averaging' });
    const [row] = report.rows;
    if (!row) throw new Error('a row');
    const pairs = [1.01, 1.01, 1.02, 1.03, 1.03].map((ratio) => [2.63, 2.63 * ratio] as const);
    const text = stripVTControlCharacters(
      renderReport({ ...report, rows: [{ ...row, outcome: measured(pairs) }] }),
    );
    const [, shown = 'no table'] = /```text\n([^`]*)```/.exec(readme) ?? [];
    expect(text).toContain(shown);
  });

  test('names every contender', () => {
    const ids = allContenders('python3').map(({ id }) => id);
    const unnamed = ids.filter((id) => !readme.includes(`\`${id.replace(/-browser$/, '')}\``));
    expect(unnamed).toStrictEqual([]);
  });
});

/** The arguments of its `npm run bench` commands, the comments left out. */
function commandsOf(text: string): string[][] {
  const [, block = ''] = /```sh\n([^`]*)```/.exec(text) ?? [];
  const lines = block.trim().split('\n');
  return lines.map((line) => {
    const [command, separator = '--', ...rest] = line.replace(/ *#.*/, '').split(/ (?=-- )|(?<= --) /);
    if (command !== 'npm run bench' || separator !== '--') throw new Error(`Not a command of npm: ${line}`);
    return rest
      .join(' ')
      .split(' ')
      .filter((part) => part !== '');
  });
}
