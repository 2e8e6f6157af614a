import { ArgumentError, type AveragesPart, DTypeError, LengthError, mergeAverages } from '@asgd/core';
import { describe, expect, test } from 'vitest';

const part = (iterates: number, ...averages: AveragesPart['averages']): AveragesPart => ({
  averages,
  iterates,
});

/** The weighted mean of numbers that are integers, exactly, as a fraction. */
function exactMean(values: readonly number[], weights: readonly number[]): { sum: bigint; count: bigint } {
  let sum = 0n;
  let count = 0n;
  for (const [at, value] of values.entries()) {
    sum += BigInt(value) * BigInt(weights[at] ?? 0);
    count += BigInt(weights[at] ?? 0);
  }
  return { sum, count };
}

describe('merged averages', () => {
  test('are the means of all iterates, whatever each machine has of them', () => {
    const iterates = [
      [1, 5],
      [2, -3],
      [7, 11],
      [4, 0],
      [6, 2],
    ];
    const mean = (some: number[][]): Float64Array =>
      Float64Array.from([0, 1], (at) => some.reduce((sum, one) => sum + (one[at] ?? NaN), 0) / some.length);
    for (const cut of [1, 2, 3, 4]) {
      const machines = [iterates.slice(0, cut), iterates.slice(cut)];
      const [merged] = mergeAverages(machines.map((some) => part(some.length, mean(some))));
      const expected = mean(iterates);
      expect(merged?.[0]).toBeCloseTo(expected[0] ?? NaN, 14);
      expect(merged?.[1]).toBeCloseTo(expected[1] ?? NaN, 14);
    }
  });

  test('are exact to a few roundings of float64, for a thousand parts', () => {
    let seed = 1;
    const random = (): number => (seed = (seed * 16807) % 2147483647);
    const values = Array.from({ length: 1000 }, random);
    const weights = Array.from({ length: 1000 }, () => 1 + (random() % 1_000_000));
    const [merged] = mergeAverages(values.map((value, at) => part(weights[at] ?? 1, Float64Array.of(value))));
    const { sum, count } = exactMean(values, weights);
    // Each part adds at most three roundings, of numbers up to 2^31.
    expect(Math.abs((merged?.[0] ?? NaN) - Number((sum * 1024n) / count) / 1024)).toBeLessThan(
      3 * 1000 * 2 ** 31 * 2 ** -53 + 2 ** -10,
    );
  });

  test('of one part have its bits, NaN and -0 among them, in memory of their own', () => {
    const values = Float32Array.of(0.1, -0, NaN, Infinity, 2 ** -149);
    const [merged] = mergeAverages([part(3, values)]);
    expect(merged).toStrictEqual(values);
    expect(Object.is(merged?.[1], -0)).toBe(true);
    expect(merged).not.toBe(values);
    expect(merged?.buffer).not.toBe(values.buffer);
  });

  test('of equal parts have their bits', () => {
    const values = Float64Array.from({ length: 50 }, (_, i) => Math.sin(i) * 10 ** (i - 25));
    expect(mergeAverages([part(3, values), part(7, values), part(1, values)])).toStrictEqual([values]);
  });

  test('of float32 are rounded once, at the end', () => {
    // 1 + 2^-24 is no float32: were the first two rounded to 1 between, the third would not bring it back.
    const [merged] = mergeAverages([
      part(1, Float32Array.of(1)),
      part(1, Float32Array.of(1 + 2 ** -23)),
      part(2, Float32Array.of(1 + 2 ** -23)),
    ]);
    expect(merged?.[0]).toBe(1 + 2 ** -23);
  });

  test('may be merged again, with the sum of the iterates', () => {
    const parts = [2, 3, 5, 7].map((value) => part(value, Float64Array.of(value)));
    const once = mergeAverages(parts);
    const twice = mergeAverages([
      part(5, ...mergeAverages(parts.slice(0, 2))),
      part(12, ...mergeAverages(parts.slice(2))),
    ]);
    expect(twice[0]?.[0]).toBeCloseTo(once[0]?.[0] ?? NaN, 14);
    expect(once[0]?.[0]).toBeCloseTo((4 + 9 + 25 + 49) / 17, 14);
  });

  test('of no parameters, or of empty ones, are as empty', () => {
    expect(mergeAverages([part(1), part(2)])).toStrictEqual([]);
    expect(mergeAverages([part(1, new Float32Array()), part(2, new Float32Array())])).toStrictEqual([
      new Float32Array(),
    ]);
  });

  test.for([
    ['no list', undefined, ArgumentError, 'undefined: expected a list of one part'],
    ['an empty one', [], ArgumentError, '[]: expected a list of one part'],
    ['no averages', [{ iterates: 1 }], ArgumentError, 'averages of part 0 are undefined'],
    ['null', [part(1), null], ArgumentError, 'averages of part 1 are undefined'],
    ['no iterates', [part(0)], ArgumentError, 'iterates of part 0 are 0: expected a number >= 1'],
    ['infinitely many', [part(Infinity)], ArgumentError, 'iterates of part 0 are Infinity'],
    ['half of one', [part(1), part(0.5)], ArgumentError, 'iterates of part 1 are 0.5'],
    ['other parameters', [part(1), part(1, Float32Array.of(1))], LengthError, 'Part 1 has the averages of 1'],
    [
      'other lengths',
      [part(1, new Float32Array(2)), part(1, new Float32Array(3))],
      LengthError,
      'Average 0 of part 1 has 3 values: expected 2, as in part 0.',
    ],
    [
      'other dtypes',
      [part(1, new Float32Array(2)), part(1, new Float64Array(2))],
      DTypeError,
      'Average 0 of part 1 is float64: expected an array of float32.',
    ],
    [
      'plain arrays',
      [{ averages: [[1]], iterates: 1 }],
      DTypeError,
      'Average 0 of part 0 is [1]: expected an array of float32 or float64.',
    ],
  ] as const)('refuse %s', ([, parts, kind, message]) => {
    const merge = (): unknown => mergeAverages(parts as unknown as AveragesPart[]);
    expect(merge).toThrow(kind);
    expect(merge).toThrow(message);
  });
});
