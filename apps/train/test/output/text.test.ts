import { describe, expect, test } from 'vitest';
import type { EpochRecord } from '../../src/history.ts';
import { duration, lossText, rate, threeDigits } from '../../src/output/format.ts';
import { summarize } from '../../src/output/summary.ts';
import { EpochTable } from '../../src/output/table.ts';

const record: EpochRecord = {
  epoch: 3,
  steps: 300,
  trainLoss: 0.25,
  last: { loss: 0.4, error: 0.12 },
  average: { loss: 0.3, error: 0.09 },
  eta: 0.1,
  mu: 0.01,
  rowsPerSecond: 98_760,
};

describe('the sentence on averaging', () => {
  const ending = { record, averagingFrom: 101, testRows: 200, numbers: false };
  const withErrors = (last: number, average: number): EpochRecord => ({
    ...record,
    last: { loss: 1, error: last },
    average: { loss: 1, error: average },
  });

  test.each([
    [
      0.12,
      0.09,
      'brought the test error from 12.00 % (last iterate) to 9.00 % (average): 6 fewer mistakes in 200.',
    ],
    [
      0.09,
      0.095,
      'raised the test error from 9.00 % (last iterate) to 9.50 % (average): 1 more mistake in 200.',
    ],
    [0.09, 0.09, 'left the test error at 9.00 %, the same as for the last iterate.'],
  ])('says what it did to an error of %d', (last, average, expected) => {
    expect(summarize({ ...ending, record: withErrors(last, average) })).toBe(
      `Averaging the last 200 of 300 iterates ${expected}`,
    );
  });

  test('speaks of RMSE where labels are numbers', () => {
    expect(summarize({ ...ending, record: withErrors(2, 1.5), numbers: true })).toBe(
      'Averaging the last 200 of 300 iterates brought the test RMSE from 2.0000 (last iterate) to 1.5000 (average): 25.0 % less.',
    );
  });

  test('says why there is no average', () => {
    const none = { ...record, average: null };
    expect(summarize({ ...ending, record: none, averagingFrom: 402 })).toBe(
      'Averaging did not begin: its first step is 402, and the run ended after 300 steps; give a smaller --t0 or more --epochs.',
    );
    expect(summarize({ ...ending, record: none, averagingFrom: 300 })).toBe(
      'Averaging began with step 300, the last one, so the average is the last iterate; give a smaller --t0 or more --epochs.',
    );
    expect(summarize({ ...ending, record: none, averagingFrom: undefined })).toMatch(
      /^Averaging never began, because the held-out loss was still improving after 300 steps/,
    );
  });
});

describe('the table', () => {
  test('has its cells under its titles, and a dash where there is no average', () => {
    for (const numbers of [false, true]) {
      const table = new EpochTable(numbers);
      expect(table.row(record)).toHaveLength(table.header().length);
      expect(table.row({ ...record, average: null })).toHaveLength(table.header().length);
      expect(table.row({ ...record, average: null })).toContain('–');
      expect(table.header().length).toBeLessThan(80);
    }
    expect(new EpochTable(false).row(record).trim().split(/ {2,}/)).toStrictEqual([
      '3',
      '0.2500',
      '12.00 %',
      '9.00 %',
      '98.8 k',
    ]);
    expect(new EpochTable(true).row(record)).toContain('0.12000');
  });
});

test('durations, rates and losses are as long as they need to be', () => {
  expect([0.4, 59, 60, 190, 3600, 7500].map(duration)).toStrictEqual([
    '0 s',
    '59 s',
    '1 min 0 s',
    '3 min 10 s',
    '1 h 0 min',
    '2 h 5 min',
  ]);
  expect([1.234, 98.76, 999.6, 9994, 98_760, 1_234_567].map(rate)).toStrictEqual([
    '1.23',
    '98.8',
    '1000',
    '9994',
    '98.8 k',
    '1.23 M',
  ]);
  expect([0, 0.00123456, 0.5, 12345.678].map(lossText)).toStrictEqual([
    '0.0000',
    '0.001235',
    '0.5000',
    '1.235e+4',
  ]);
  expect([0.1234, 9.996, 12.34, 99.96, 1234.5].map(threeDigits)).toStrictEqual([
    '0.123',
    '10.0',
    '12.3',
    '100',
    '1235',
  ]);
});
