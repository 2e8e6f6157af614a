import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

test('the program that times model.fit() has a time for every optimizer, on cpu and wasm', async ({
  signal,
}) => {
  const program = join(import.meta.dirname, '..', 'src', 'fit-times.ts');
  const args = ['--conditions=@asgd/source', '--no-warnings', program, '1', '2'];
  const { stdout } = await promisify(execFile)(process.execPath, args, { signal });
  const [, titles = [], , ...rows] = stdout
    .split('\n')
    .map((line) => line.split('│').map((cell) => cell.trim().replaceAll("'", '')))
    .slice(0, -2);
  expect(titles.slice(2, -1)).toStrictEqual(['backend', 'hidden', 'sgd', 'momentum', 'adam', 'asgd']);
  expect(rows.map((cells) => cells.slice(2, 4).join(' '))).toStrictEqual([
    'cpu 32',
    'cpu 512',
    'wasm 32',
    'wasm 512',
  ]);
  for (const cells of rows) {
    for (const time of cells.slice(4, -1)) expect(Number(time)).toBeGreaterThan(0);
  }
});
