// oxlint-disable typescript/no-non-null-assertion -- every index is within bounds

import { describe, expect, test } from 'vitest';
import { exp, log, log1p } from '../src/kernels/exp.ts';
import { lossOf, sharedOf, slopeOf } from '../src/kernels/losses.ts';
import { softmax, softmaxLoss } from '../src/kernels/softmax.ts';
import { differentiate, rowLoss } from '../src/kernels/row-loss.ts';
import { type LossName, losses } from '../src/loss.ts';

const epsilon = 0.7;
const ofMargin = ['log', 'hinge', 'squaredHinge', 'modifiedHuber'] as const;
const ofDifference = ['squared', 'huber'] as const;
const scores = Array.from({ length: 401 }, (_, i) => (i - 200) / 33);

const value = (name: LossName, score: number, target: number): number =>
  lossOf(losses[name].id, score, target, epsilon, sharedOf(losses[name].id, score));
const slope = (name: LossName, score: number, target: number): number =>
  slopeOf(losses[name].id, score, target, epsilon, sharedOf(losses[name].id, score));

/** Where the derivative jumps. */
const corners = (name: LossName, target: number): number[] => (name === 'hinge' ? [target] : []);

describe('slopes are derivatives', () => {
  test.each([...ofMargin, ...ofDifference])('%s', (name) => {
    const h = 2 ** -17;
    for (const target of ofDifference.includes(name as 'huber') ? [-2.5, 0, 1.25] : [-1, 1]) {
      for (const score of scores) {
        if (corners(name, target).some((corner) => Math.abs(score - corner) < 2 * h)) continue;
        const quotient = (value(name, score + h, target) - value(name, score - h, target)) / (2 * h);
        // The quotient is off by h at most where the second derivative jumps, and by rounding.
        expect(Math.abs(slope(name, score, target) - quotient)).toBeLessThan(5 * h);
      }
    }
  });

  test('softmax', () => {
    const h = 2 ** -17;
    const given = Float64Array.of(0.3, -1.2, 2.5, 0.3);
    for (let target = 0; target < given.length; target++) {
      const slopes = given.slice();
      differentiate(losses.softmax.id, slopes, 0, given.length, target, epsilon, false);
      for (let o = 0; o < given.length; o++) {
        const shifted = (by: number): number =>
          softmaxLoss(
            given.map((score, at) => (at === o ? score + by : score)),
            0,
            given.length,
            target,
          );
        expect(Math.abs(slopes[o]! - (shifted(h) - shifted(-h)) / (2 * h))).toBeLessThan(h);
      }
      expect(Math.abs(slopes.reduce((sum, s) => sum + s, 0))).toBeLessThan(1e-15);
    }
  });

  test('no second derivative is above the curvature that step sizes rest on, and some come near it', () => {
    const h = 2 ** -9;
    for (const name of [...ofMargin, ...ofDifference]) {
      if (name === 'hinge') continue;
      const quotients = scores.map((s) => (slope(name, s + h, 1) - slope(name, s - h, 1)) / (2 * h));
      expect(Math.max(...quotients)).toBeLessThanOrEqual(losses[name].curvature * (1 + 1e-12));
      expect(Math.max(...quotients)).toBeGreaterThan(0.99 * losses[name].curvature);
    }
  });
});

describe('at extreme scores', () => {
  test('the log loss is the margin, or nothing', () => {
    expect(value('log', -1000, 1)).toBe(1000);
    expect(value('log', 1e308, -1)).toBe(1e308);
    expect(value('log', 1000, 1)).toBe(0);
    expect(value('log', 40, 1)).toBeCloseTo(Math.exp(-40), 30);
    expect([slope('log', -1000, 1), slope('log', 1000, 1), slope('log', 1e308, -1)]).toStrictEqual([
      -1, -0, 1,
    ]);
    expect(slope('log', 40, 1)).toBeCloseTo(-Math.exp(-40), 30);
  });

  test('bounded slopes stay bounded', () => {
    expect([slope('hinge', -1e308, 1), slope('hinge', 1e308, 1)]).toStrictEqual([-1, 0]);
    expect([slope('modifiedHuber', -1e308, 1), value('modifiedHuber', -1e300, 1)]).toStrictEqual([-4, 4e300]);
    expect([slope('huber', 1e308, 0), slope('huber', -1e308, 0)]).toStrictEqual([epsilon, -epsilon]);
    expect(value('huber', 1e308, 0)).toBe(epsilon * 1e308);
  });

  test('softmax takes scores of any size', () => {
    const given = Float64Array.of(1e308, -1e308, 0);
    expect(softmaxLoss(given, 0, 3, 0)).toBe(0);
    expect(softmaxLoss(given, 0, 3, 2)).toBe(1e308);
    expect(softmaxLoss(Float64Array.of(-800, 0), 0, 2, 0)).toBe(800);
    softmax(given, 0, 3);
    expect(given).toStrictEqual(Float64Array.of(1, 0, 0));
  });

  test('what is not a number gives nothing that is', () => {
    const names = [...ofMargin, ...ofDifference];
    expect(names.map((name) => value(name, NaN, 1))).toStrictEqual(names.map(() => NaN));
    // The slope of hinge is -1 or 0, and training stops at a score that is not finite.
    expect(names.map((name) => slope(name, NaN, 1))).toStrictEqual([NaN, -1, NaN, NaN, NaN, NaN]);
    const given = Float64Array.of(0, NaN, 1);
    expect(softmaxLoss(given, 0, 3, 0)).toBeNaN();
    softmax(given, 0, 3);
    expect(given).toStrictEqual(Float64Array.of(NaN, NaN, NaN));
  });
});

test('the loss of several scores is that of each class against the rest, added up', () => {
  const given = Float64Array.of(9, 0.5, -0.25, 2);
  expect(rowLoss(losses.hinge.id, given, 1, 3, 1, epsilon)).toBe(1.5 + 1.25 + 3);
  expect(rowLoss(losses.softmax.id, given, 1, 3, 0, epsilon)).toBe(softmaxLoss(given, 1, 3, 0));
});

test.each([...ofMargin, ...ofDifference, 'softmax'] as const)(
  'slopes come with the loss if it is measured, and are the same without it: %s',
  (name) => {
    for (const given of [Float64Array.of(-1.7), Float64Array.of(0.3, -4, 2.5)]) {
      if (name === 'softmax' && given.length === 1) continue;
      const { id } = losses[name];
      const [measured, unmeasured] = [given.slice(), given.slice()];
      const loss = differentiate(id, measured, 0, given.length, 1, epsilon, true);
      expect(loss).toBeCloseTo(rowLoss(id, given, 0, given.length, 1, epsilon), 14);
      expect(loss).toBeGreaterThan(0);
      expect(differentiate(id, unmeasured, 0, given.length, 1, epsilon, false)).toBe(0);
      expect(unmeasured).toStrictEqual(measured);
    }
  },
);

describe('exp and logarithms', () => {
  /** In units of 2^-52 of what was expected. */
  const distance = (found: number, expected: number): number =>
    Math.abs(found - expected) / Math.abs(expected) / 2 ** -52;

  test('exp is within 2 ulp, and right at the ends of its range', () => {
    let worst = 0;
    for (let x = -708; x < 709.7; x += 0.0137) worst = Math.max(worst, distance(exp(x), Math.exp(x)));
    expect(worst).toBeLessThan(2);
    expect([exp(0), exp(-Infinity), exp(Infinity), exp(710), exp(-746), exp(-745)]).toStrictEqual([
      1,
      0,
      Infinity,
      Infinity,
      0,
      5e-324,
    ]);
    expect(exp(NaN)).toBeNaN();
  });

  test('log1p and log are within 4 ulp', () => {
    let worst = 0;
    for (let power = -1000; power <= 0; power += 0.173) {
      const x = 2 ** power;
      worst = Math.max(worst, distance(log1p(x), Math.log1p(x)));
      worst = Math.max(worst, distance(log(1.01 / x), Math.log(1.01 / x)));
    }
    expect(worst).toBeLessThan(4);
    expect([log1p(0), log1p(1), log(1), log(Infinity)]).toStrictEqual([0, Math.LN2, 0, Infinity]);
    expect(log1p(NaN)).toBeNaN();
    expect(log(NaN)).toBeNaN();
  });
});
