import { ArgumentError, NonMonotoneTrigger } from '@asgd/core';
import { describe, expect, test } from 'vitest';

/** Which of the losses, from 0, pulls the trigger first; -1 if none does. */
function firstPull(losses: readonly number[], patience?: number): number {
  const trigger = new NonMonotoneTrigger([], patience);
  return losses.findIndex((loss) => trigger.observe(loss));
}

describe('the non-monotone trigger', () => {
  test('is not pulled by a loss that keeps falling, or by one that stays the same', () => {
    expect(firstPull(Array.from({ length: 100 }, (_, i) => 1 / (i + 1)))).toBe(-1);
    expect(firstPull(Array.from({ length: 100 }, () => 1))).toBe(-1);
  });

  test('is pulled by a loss above the best of all but the latest five', () => {
    // The best, 1, is the fourth; six later it is no longer among the latest five.
    expect(firstPull([9, 8, 7, 1, 2, 2, 2, 2, 2, 2, 2, 2])).toBe(9);
  });

  test('does not compare with the latest five', () => {
    expect(firstPull([9, 5, 6, 7, 8, 8.5])).toBe(-1);
    expect(firstPull([5, 6, 7, 8, 8.5, 8.7, 8.9])).toBe(6);
  });

  test('does what algorithm 1 of Merity et al. says, for any losses and n', () => {
    let seed = 1;
    const losses = Array.from({ length: 200 }, () => (seed = (seed * 16807) % 2147483647) / 2147483647);
    for (const n of [0, 1, 5, 20]) {
      const trigger = new NonMonotoneTrigger([], n);
      losses.forEach((v, t) => {
        // if t > n and v > min over l in {0, ..., t - n - 1} of logs[l]
        const expected = t > n && v > Math.min(...losses.slice(0, t - n));
        expect(trigger.observe(v)).toBe(expected);
      });
    }
  });

  test('continues from the losses of another trigger', () => {
    const first = new NonMonotoneTrigger();
    for (const loss of [9, 8, 7, 1, 2, 2]) first.observe(loss);
    const second = new NonMonotoneTrigger(first.losses);
    expect([2, 2, 2, 2].map((loss) => second.observe(loss))).toStrictEqual([false, false, false, true]);
  });

  test('is not pulled by NaN, and takes only numbers', () => {
    expect(firstPull([3, 2, 1, NaN, NaN, NaN, NaN, NaN, NaN, NaN])).toBe(-1);
    const trigger = new NonMonotoneTrigger();
    expect(() => trigger.observe('0.5' as unknown as number)).toThrow(ArgumentError);
    expect(trigger.losses).toStrictEqual([]);
    for (const given of [[null], [['1']], [[], -1], [[], 0.5]]) {
      expect(() => new NonMonotoneTrigger(...(given as unknown as [number[], number]))).toThrow(
        ArgumentError,
      );
    }
  });
});
