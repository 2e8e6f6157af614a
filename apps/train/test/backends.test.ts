import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { backendNames } from '../src/backends.ts';
import { Folder } from './folder.ts';
import { asgdTrain } from './program.ts';

const folder = new Folder();
const rows = Array.from(
  { length: 100 },
  (_, i) => `${i % 2},${((i * 37) % 100) / 100 + (i % 2)},${(i % 10) / 10}\n`,
);
folder.write('small.csv', rows.join(''));

/** The report of a run, without what depends on the backend or on time. */
async function train(backend: string): Promise<unknown> {
  const { status, stderr } = await asgdTrain(
    ['--data', 'small.csv', '--epochs', '3', '--backend', backend, '--json', 'report.json'],
    folder.path,
  );
  expect([status, stderr]).toStrictEqual([0, '']);
  const varying = (key: string, value: unknown): unknown =>
    key.endsWith('Microseconds') || key === 'backend' ? null : value;
  return JSON.parse(readFileSync(folder.at('report.json'), 'utf8'), varying);
}

test.for(backendNames.filter((name) => name !== 'cpu'))('%s gives the numbers of cpu', async (name) => {
  expect(await train(name)).toStrictEqual(await train('cpu'));
});
