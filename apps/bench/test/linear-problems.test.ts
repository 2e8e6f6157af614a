import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { writeRows } from '../src/linear/files.ts';
import { mails } from '../src/linear/mails.ts';
import { primalCost, testError } from '../src/linear/problem.ts';
import { rcv1Like } from '../src/linear/rcv1-like.ts';
import { readSvm } from '../src/linear/read-svm.ts';
import { tiny } from './fake-linear.ts';

let folder: string;
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'asgd-bench-test-'))));
afterAll(async () => rm(folder, { recursive: true }));

describe('synthetic rows', () => {
  const make = () => rcv1Like({ training: 1000, test: 10, features: 47_000 });
  const { training } = make();
  const { data, indices, indptr } = training.rows;

  test('are the same every time', () => {
    expect(make().training).toStrictEqual(training);
  });

  test('have as many words as those of RCV1, columns that increase, and length 1', () => {
    expect(data.length / 1000).toBeGreaterThan(65);
    expect(data.length / 1000).toBeLessThan(80);
    for (let row = 0; row < 1000; row++) {
      const columns = indices.slice(indptr[row], indptr[row + 1]);
      expect([...new Set(columns)].toSorted((a, b) => a - b)).toStrictEqual([...columns]);
      expect(Math.hypot(...data.slice(indptr[row], indptr[row + 1]))).toBeCloseTo(1, 4);
    }
  });

  test('are of both classes', () => {
    const share = training.labels.filter((label) => label === 1).length / 1000;
    expect(share).toBeGreaterThan(0.4);
    expect(share).toBeLessThan(0.55);
  });
});

test('the mails are all there, a fifth of them for the test', () => {
  const { training, test: held, features } = mails();
  expect([features, training.labels.length, held.labels.length]).toStrictEqual([2 ** 18, 4836, 1210]);
  expect(training.labels.filter((label) => label === 1).length).toBe(1516);
});

describe('files', () => {
  const { training } = rcv1Like({ training: 1500, test: 1, features: 300 });

  test('in LIBSVM’s format are read as they were written', async () => {
    const file = join(folder, 'rows.svm');
    await writeRows(file, training, 'svm');
    expect(readSvm(await readFile(file), 300)).toStrictEqual(training);
  });

  test('hold the columns from 1 for LIBSVM, and from 0 for Vowpal Wabbit', async () => {
    await writeRows(join(folder, 'tiny.svm'), tiny.training, 'svm');
    await writeRows(join(folder, 'tiny.vw'), tiny.training, 'vw');
    expect(await readFile(join(folder, 'tiny.svm'), 'utf8')).toBe('1 1:1\n-1 1:-2\n1 1:0.5 2:1\n-1 1:3\n');
    expect(await readFile(join(folder, 'tiny.vw'), 'utf8')).toBe(
      '1 | 0:1\n-1 | 0:-2\n1 | 0:0.5 1:1\n-1 | 0:3\n',
    );
  });

  test('of another format are refused, with the place', () => {
    expect(() => readSvm(Buffer.from('1 1:1\n1 x:2\n'), 2)).toThrow('Row 1');
  });
});

describe('a problem', () => {
  const weights = Float64Array.of(1, 0, 0);

  test('has the primal cost of the weights: the penalty and the mean loss', () => {
    // Margins 1, 2, 0.5 and -3.
    expect(primalCost(tiny, 'hinge', weights)).toBeCloseTo(0.25 + (0 + 0 + 0.5 + 4) / 4, 12);
    const log = [1, 2, 0.5, -3].map((margin) => Math.log(1 + Math.exp(-margin)));
    expect(primalCost(tiny, 'log', weights)).toBeCloseTo(
      0.25 + log.reduce((sum, loss) => sum + loss) / 4,
      12,
    );
  });

  test('has the test error in percent, and weights that are no numbers get nothing right', () => {
    expect(testError(tiny, weights)).toBe(25);
    expect(testError(tiny, Float64Array.of(-1, 0, 4))).toBe(50);
    expect(testError(tiny, Float64Array.of(NaN, 0, 0))).toBe(100);
  });

  test('counts the intercept in scores, and not in the penalty', () => {
    expect(primalCost(tiny, 'hinge', Float64Array.of(0, 0, 1))).toBeCloseTo(1, 12);
  });
});
