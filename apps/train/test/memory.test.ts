import { expect, test } from 'vitest';
import { memoryShares, programMemory } from '../src/data/memory.ts';
import { Folder } from './folder.ts';
import { start } from './program.ts';

const folder = new Folder();

/** Makes a program print its peak memory, in KiB, when it ends. */
const reportPeak = folder.write(
  'peak.mjs',
  'process.on("exit", () => process.stderr.write(`peak ${process.resourceUsage().maxRSS}\\n`));',
);

test.runIf(process.platform === 'linux').each([
  ['training data', []],
  ['training data and held-out rows', ['--t0', 'auto']],
  ['training and test data', ['--test', 'large.csv']],
  ['training data to standardize', ['--standardize']],
])('--memory is the most that the program takes, with more %s than that', async (_, more) => {
  // 50 MB of text that make 100 MB of rows: one value in two bytes.
  const values = ',1,0,0,1,0,1,1,0,1,0'.repeat(10);
  folder.write('large.csv', `0${values}\n1${values}\n`.repeat(125_000));
  const memory = 208;
  const args = [
    '--data',
    'large.csv',
    '--epochs',
    '1',
    '--batch',
    '1000',
    '--memory',
    String(memory),
    ...more,
  ];
  const { outcome } = start(args, folder.path, {
    env: { ...process.env, NODE_OPTIONS: `--import=${reportPeak}` },
  });
  const { status, stderr } = await outcome;
  expect(status).toBe(0);
  const [, peak = 'unknown'] = /^peak (\d+)$/m.exec(stderr) ?? [];
  expect(Number(peak)).toBeGreaterThan(10 * 1024);
  expect(Number(peak)).toBeLessThan(memory * 1024);
});

test('all shares together are what --memory leaves, whatever the settings', () => {
  for (const memory of [176, 512, 100_000]) {
    const left = ((memory - programMemory) * 2 ** 20 * 3) / 4;
    const shares = (test_: string | undefined, t0: number | 'auto'): number => {
      const { file, aside } = memoryShares({ memory, test: test_, t0 });
      const files = test_ === undefined ? 1 : 2;
      const setAside = (test_ === undefined ? 1 : 0) + (t0 === 'auto' ? 1 : 0);
      return files * file + setAside * aside;
    };
    for (const name of [undefined, 'test.csv']) {
      for (const t0 of [7, 'auto'] as const) expect(shares(name, t0)).toBeCloseTo(left, 3);
    }
  }
});
