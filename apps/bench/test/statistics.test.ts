import { describe, expect, test } from 'vitest';
import { inverse, median, speedRatios, summarize } from '../src/statistics.ts';

describe('a summary of samples', () => {
  test('has the median and the quartiles of an odd number of samples among them', () => {
    expect(summarize([9, 1, 5, 3, 7])).toStrictEqual({
      count: 5,
      median: 5,
      lower: 3,
      upper: 7,
      minimum: 1,
      maximum: 9,
    });
  });

  test('interpolates between the samples next to a quantile', () => {
    // R: quantile(c(1, 2, 3, 10)) gives 1.75, 2.5 and 4.75
    expect(summarize([10, 1, 3, 2])).toMatchObject({ lower: 1.75, median: 2.5, upper: 4.75 });
  });

  test('compares numbers as numbers', () => {
    expect(median([10, 9, 100])).toBe(10);
  });

  test('is not moved by one outlier', () => {
    expect(summarize([2, 2, 2, 2, 1000])).toMatchObject({ lower: 2, median: 2, upper: 2 });
  });

  test('leaves the samples in their order', () => {
    const samples = [3, 1, 2];
    summarize(samples);
    expect(samples).toStrictEqual([3, 1, 2]);
  });

  test('is refused without samples', () => {
    expect(() => summarize([])).toThrow(RangeError);
  });
});

describe('ratios', () => {
  test('are taken pair by pair, so that a slow moment that both see leaves them alone', () => {
    const pairs = [
      [1, 2],
      [100, 200],
      [1, 2],
    ] as const;
    expect(speedRatios(pairs)).toStrictEqual([2, 2, 2]);
  });

  test('are above one where the subject takes less time', () => {
    expect(speedRatios([[1, 4]])).toStrictEqual([4]);
    expect(speedRatios([[4, 1]])).toStrictEqual([0.25]);
  });

  test('turned over, have the quartiles of the other measure', () => {
    expect(inverse(summarize([1, 2, 4]))).toMatchObject({ median: 0.5, minimum: 0.25, maximum: 1 });
    expect(inverse(summarize([2, 2, 4, 4]))).toMatchObject({ lower: 0.25, upper: 0.5 });
  });
});
