import { describe, expect, test } from 'vitest';
import { exp, log1p } from '../src/portable-math.ts';

/** The distance of two numbers in units of 2^-52 of the second. */
function distance(found: number, expected: number): number {
  return Math.abs(found - expected) / Math.abs(expected) / 2 ** -52;
}

describe('exp', () => {
  test('is within 2 ulp of the exact value over the whole range of normal results', () => {
    let worst = 0;
    for (let x = -708; x < 709.7; x += 0.0137) worst = Math.max(worst, distance(exp(x), Math.exp(x)));
    expect(worst).toBeLessThan(2);
  });

  test('answers at the ends of its range', () => {
    expect([exp(0), exp(-0), exp(-Infinity), exp(Infinity), exp(710), exp(-746)]).toStrictEqual([
      1,
      1,
      0,
      Infinity,
      Infinity,
      0,
    ]);
    expect(exp(NaN)).toBeNaN();
    expect(exp(-745)).toBe(5e-324);
  });
});

describe('log1p', () => {
  test('is within 4 ulp of the exact value from the tiny to the huge', () => {
    let worst = 0;
    for (let power = -1000; power < 1000; power += 0.173) {
      const x = 2 ** power;
      worst = Math.max(worst, distance(log1p(x), Math.log1p(x)));
    }
    expect(worst).toBeLessThan(4);
  });

  test('answers at the ends of its range', () => {
    expect([log1p(0), log1p(Infinity)]).toStrictEqual([0, Infinity]);
    expect(log1p(-0.5)).toBeNaN();
    expect(log1p(NaN)).toBeNaN();
  });
});
