import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { rows, TableFolder } from './small-table.ts';

const folder = new TableFolder();

describe('escape sequences', () => {
  const red = '\u001b[31m\u009b2J\u202e';
  const shown = String.raw`\x1b[31m\x9b2J\u202e`;

  test('in the name of a file reach neither the terminal nor the plot', async () => {
    const name = `${red}.csv`;
    folder.write(name, rows.join(''));
    const { status, stdout } = await folder.run(
      '--data',
      name,
      '--epochs',
      '1',
      '--plot',
      'red.svg',
      '--json',
      'red.json',
    );
    expect(status).toBe(0);
    expect(stdout).toContain(`${shown}.csv: `);
    // eslint-disable-next-line no-control-regex -- it is what this is about
    const raw = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/;
    expect(stdout).not.toMatch(raw);
    const svg = readFileSync(folder.at('red.svg'), 'utf8');
    expect(svg).toContain(shown);
    expect(svg).not.toMatch(raw);
    expect(readFileSync(folder.at('red.json'), 'utf8')).not.toMatch(raw);
    expect(folder.report('red.json')).toMatchObject({ settings: { data: name } });
  });

  test('in a header or on the command line do not reach the terminal', async () => {
    folder.write('red-header.csv', `y,${red}\n1,x\n`);
    const header = await folder.run('--data', 'red-header.csv');
    expect(header.stderr).toBe(
      `asgd-train: red-header.csv:2:3: cell 2 (${shown}): found "x", expected a finite number; --categorical takes columns of text\n`,
    );
    for (const args of [['--data', red], [`--${red}`], ['--lr', red], ['--loss', red]]) {
      const { status, stderr } = await folder.run(...args);
      expect([status, stderr]).toStrictEqual([1, expect.stringContaining(shown)]);
      expect(stderr).not.toContain('\u001b');
    }
  });
});
