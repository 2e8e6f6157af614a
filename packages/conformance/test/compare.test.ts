import { describe, expect, test } from 'vitest';
import { compare, exactly, MismatchError, ulpDistance } from '../src/compare.ts';
import { ulpOf } from '../src/rounding.ts';

function compareArrays(actual: Float32Array | Float64Array, expected: Float32Array | Float64Array): number {
  let recorded = Number.NaN;
  compare('the answer', actual, exactly(expected), (ulp) => {
    recorded = ulp;
  });
  return recorded;
}

describe('comparing bits', () => {
  test('accepts NaN for NaN, each infinity for itself and each zero for itself', () => {
    const values = Float64Array.of(Number.NaN, Infinity, -Infinity, 0, -0, 1);
    expect(compareArrays(values.slice(), values)).toBe(0);
  });

  test.each([
    ['-0 for 0', -0, 0],
    ['0 for -0', 0, -0],
    ['NaN for a number', Number.NaN, 1],
    ['a number for NaN', 1, Number.NaN],
    ['the other infinity', -Infinity, Infinity],
    ['the next number', 1 + 2 ** -52, 1],
  ])('refuses %s', (_, actual, expected) => {
    expect(() => compareArrays(Float64Array.of(actual), Float64Array.of(expected))).toThrow(MismatchError);
  });

  test('names the first index that differs, both values, their distance and how many differ', () => {
    const actual = Float32Array.of(1, 2, 3 + 2 ** -21, -0);
    expect(() => compareArrays(actual, Float32Array.of(1, 2, 3, 0))).toThrow(
      'the answer: at index 2 expected 3, got 3.000000476837158 (2 ulp apart); ' +
        '2 of 4 values differ, by at most 2 ulp.',
    );
  });

  test('refuses another number of values, and values of another dtype', () => {
    expect(() => compareArrays(Float32Array.of(1), Float32Array.of(1, 2))).toThrow(
      'expected 2 values of float32, got 1 of float32',
    );
    expect(() => compareArrays(Float64Array.of(1), Float32Array.of(1))).toThrow(
      'expected 1 values of float32, got 1 of float64',
    );
  });

  test('records the largest error even where it refuses', () => {
    let recorded = 0;
    const record = (ulp: number): void => {
      recorded = ulp;
    };
    const [actual, expected] = [Float64Array.of(1, 1 + 2 ** -50, 1), Float64Array.of(1, 1, 1)];
    expect(() => compare('x', actual, exactly(expected), record)).toThrow(MismatchError);
    expect(recorded).toBe(4);
  });
});

describe('the distance in ulp', () => {
  test('counts the steps between neighbors, across powers of two and through zero', () => {
    expect(ulpDistance('float32', 1, 1 + 2 ** -23)).toBe(1);
    expect(ulpDistance('float32', 1, 1 - 2 ** -24)).toBe(1);
    expect(ulpDistance('float64', 1, 1 + 2 ** -23)).toBe(2 ** 29);
    expect(ulpDistance('float32', 2 ** -149, -(2 ** -149))).toBe(2);
    expect(ulpDistance('float32', 0, -0)).toBe(0);
    expect(ulpDistance('float64', Number.MAX_VALUE, Infinity)).toBe(1);
  });

  test('is infinite between NaN and a number, and none between NaN and NaN', () => {
    expect(ulpDistance('float32', Number.NaN, 1)).toBe(Infinity);
    expect(ulpDistance('float64', Number.NaN, Number.NaN)).toBe(0);
  });
});

describe('the unit in the last place', () => {
  test('is the distance to the next larger magnitude', () => {
    for (const value of [0, 2 ** -149, 2 ** -127, 2 ** -126, 1 - 2 ** -24, 1, -1, 1.75, 3, 2 ** 100]) {
      const next = Math.abs(value) + ulpOf('float32', value);
      expect(ulpDistance('float32', next, Math.abs(value))).toBe(1);
      expect(Math.fround(next)).toBe(next);
    }
    for (const value of [0, Number.MIN_VALUE, 2 ** -1022, 1, 1.75, 3, 2 ** 1000]) {
      expect(ulpDistance('float64', value + ulpOf('float64', value), value)).toBe(1);
    }
  });
});
