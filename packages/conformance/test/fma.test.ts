import { describe, expect, test } from 'vitest';
import { fma } from '../src/fma.ts';
import { Random } from '../src/random.ts';
import { roundTo } from '../src/rounding.ts';
import { add, dyadic, multiply, nearest } from './exact-rounding.ts';

const dtypes = ['float32', 'float64'] as const;

function exactly(dtype: 'float32' | 'float64', a: number, b: number, c: number): number {
  const sum = add(multiply(dyadic(a), dyadic(b)), dyadic(c));
  return sum.numerator === 0n ? a * b + c : nearest(dtype, sum);
}

describe.each(dtypes)('fma in %s', (dtype) => {
  const round = (value: number): number => roundTo(dtype, value);
  const [least, most] = dtype === 'float32' ? [-149, 127] : [-1074, 1023];

  function describeErrors(triples: Iterable<readonly [number, number, number]>): readonly string[] {
    return Array.from(triples).flatMap(([a, b, c]) => {
      const [actual, expected] = [fma(dtype, a, b, c), exactly(dtype, a, b, c)];
      return Object.is(actual, expected) ? [] : [`fma(${a}, ${b}, ${c}) is ${actual}, exactly ${expected}`];
    });
  }

  function draw(
    makeTriple: (random: Random) => [number, number, number],
  ): readonly [number, number, number][] {
    const random = new Random(`fma in ${dtype}`);
    return Array.from({ length: 4000 }, () => makeTriple(random));
  }

  test('is the exact result rounded once, for every triple of a few small and awkward numbers', () => {
    const epsilon = dtype === 'float32' ? 2 ** -23 : 2 ** -52;
    const tiny = 2 ** least;
    const magnitudes = [
      0,
      tiny,
      3 * tiny,
      epsilon,
      epsilon / 2,
      0.5,
      1 - epsilon / 2,
      1,
      1 + epsilon,
      1 + 3 * epsilon,
      3,
    ];
    const numbers = magnitudes.flatMap((value) => [value, -value]);
    const triples = numbers.flatMap((a) => numbers.flatMap((b) => numbers.map((c) => [a, b, c] as const)));
    expect(describeErrors(triples)).toStrictEqual([]);
  });

  test('is the exact result rounded once, where product and addend are about as large', () => {
    const triples = draw((random) => {
      const [a, b] = [round(random.magnitude(-10, 10)), round(random.magnitude(-10, 10))];
      return [a, b, round(a * b * random.magnitude(-3, 3))];
    });
    expect(describeErrors(triples)).toStrictEqual([]);
  });

  test('is the exact result rounded once, where product and addend almost cancel', () => {
    const triples = draw((random) => {
      const [a, b] = [round(random.magnitude(-10, 10)), round(random.magnitude(-10, 10))];
      return [a, b, -round(a * b)];
    });
    expect(describeErrors(triples)).toStrictEqual([]);
  });

  test('is the exact result rounded once, among subnormal numbers', () => {
    const half = Math.floor(least / 2);
    const triples = draw((random) => [
      round(random.magnitude(half, half + 20)),
      round(random.magnitude(half - 10, half + 10)),
      round(random.magnitude(least, least + 30)),
    ]);
    expect(describeErrors(triples)).toStrictEqual([]);
  });

  test('keeps a product that overflows on its own when the sum does not', () => {
    const large = round(2 ** most);
    expect(fma(dtype, large, 2, -large)).toBe(large);
    expect(fma(dtype, large, 4, -large)).toBe(Infinity);
    expect(fma(dtype, large, -large, Infinity)).toBe(Infinity);
  });

  test('follows IEEE 754 for zeros, infinities and NaN', () => {
    expect(fma(dtype, 0, 1, -0)).toBe(0);
    expect(fma(dtype, -0, 1, -0)).toBe(-0);
    expect(fma(dtype, 2, 3, -6)).toBe(0);
    expect(fma(dtype, -(2 ** least), 2 ** least, 0)).toBe(-0);
    expect(fma(dtype, Infinity, 1, -Infinity)).toBeNaN();
    expect(fma(dtype, Infinity, 0, 1)).toBeNaN();
    expect(fma(dtype, 1, 1, Number.NaN)).toBeNaN();
  });
});

describe('fma in float32', () => {
  test('does not round twice where the float64 sum lands halfway between two float32 numbers', () => {
    // 2^-60 decides between the neighbors of 1 + 2^-24, but float64 cannot hold it next to 1.
    const a = 1 + 2 ** -12;
    const product = a * a; // 1 + 2^-11 + 2^-24
    expect(Math.fround(product + 2 ** -70)).toBe(1 + 2 ** -11);
    expect(fma('float32', a, a, 2 ** -70)).toBe(1 + 2 ** -11 + 2 ** -23);
    expect(fma('float32', a, a, -(2 ** -70))).toBe(1 + 2 ** -11);
  });
});

describe('rounding in the tests themselves', () => {
  test('agrees with Math.fround', () => {
    const random = new Random('nearest');
    for (let trial = 0; trial < 2000; trial++) {
      const value = random.magnitude(-155, 130);
      expect(nearest('float32', dyadic(value))).toBe(Math.fround(value));
    }
  });
});
