import { describe, expect, test } from 'vitest';
import type { Loss } from '../../src/loss/loss.ts';
import { losses } from '../../src/loss/losses.ts';
import { Random } from '../../src/random.ts';

const random = new Random(17);

/** A number between -size and size. */
function draw(size: number): number {
  return (random.next() / 2 ** 31 - 1) * size;
}

/** The derivatives by central differences. */
function differences(loss: Loss, scores: Float64Array, target: number): number[] {
  const step = 1e-6;
  return [...scores].map((score, i) => {
    const value = (at: number): number => loss.value(scores.with(i, at), target);
    return (value(score + step) - value(score - step)) / (2 * step);
  });
}

function cases(name: keyof typeof losses): { scores: Float64Array; target: number }[] {
  return Array.from({ length: 200 }, () => {
    const size = 10 ** draw(1.2);
    const outputs = name === 'softmax' ? 2 + random.below(6) : 1;
    const scores = Float64Array.from({ length: outputs }, () => draw(size));
    if (name === 'softmax') return { scores, target: random.below(outputs) };
    return { scores, target: name === 'squared' ? draw(size) : 1 - 2 * random.below(2) };
  });
}

describe.each(['log', 'hinge', 'squared', 'softmax'] as const)('the %s loss', (name) => {
  const loss = losses[name];

  test('has the derivatives that its differences show, and the same value with them', () => {
    for (const { scores, target } of cases(name)) {
      // Where the hinge bends there is no derivative for differences to find.
      if (name === 'hinge' && Math.abs(1 - target * (scores[0] ?? 0)) < 1e-5) continue;
      const expected = differences(loss, scores, target);
      const found = Float64Array.from(scores);
      expect(loss.differentiate(found, target)).toBeCloseTo(loss.value(scores, target), 12);
      expected.forEach((derivative, i) => expect(found[i]).toBeCloseTo(derivative, 6));
    }
  });

  test('is finite where exponentials would overflow', () => {
    const outputs = name === 'softmax' ? 3 : 1;
    for (const size of [1e3, 1e6]) {
      for (const target of name === 'softmax' ? [0, 2] : [-1, 1]) {
        const scores = Float64Array.from({ length: outputs }, (_, i) => (i === 0 ? size : -size));
        expect(Number.isFinite(loss.value(scores, target))).toBe(true);
        expect(Number.isFinite(loss.differentiate(scores, target))).toBe(true);
        expect(scores.every(Number.isFinite)).toBe(true);
      }
    }
  });
});

describe('values known in closed form', () => {
  test.each([
    ['log', [0], 1, Math.LN2],
    ['log', [Math.log(3)], 1, Math.log(4 / 3)],
    ['log', [Math.log(3)], -1, Math.log(4)],
    ['log', [-40], 1, 40],
    ['hinge', [0.25], 1, 0.75],
    ['hinge', [0.25], -1, 1.25],
    ['hinge', [3], 1, 0],
    ['squared', [3], 1, 2],
    ['softmax', [0, 0, 0, 0], 2, Math.log(4)],
    ['softmax', [Math.log(2), Math.log(3), Math.log(5)], 1, Math.log(10 / 3)],
  ] as const)('%s of %j for target %d', (name, scores, target, expected) => {
    expect(losses[name].value(Float64Array.from(scores), target)).toBeCloseTo(expected, 14);
  });
});

describe('decisions', () => {
  test('softmax decides for the largest score and knows its probability', () => {
    const scores = Float64Array.of(Math.log(2), Math.log(5), Math.log(3));
    expect(losses.softmax.decide(scores)).toBe(1);
    expect(losses.softmax.probability?.(scores)).toBeCloseTo(0.5, 14);
  });

  test('log and hinge decide by the sign, and log knows its probability', () => {
    for (const name of ['log', 'hinge'] as const) {
      expect([-0.1, 0.1].map((score) => losses[name].decide(Float64Array.of(score)))).toStrictEqual([-1, 1]);
    }
    expect(losses.log.probability?.(Float64Array.of(-Math.log(4)))).toBeCloseTo(0.8, 14);
    expect(losses.hinge.probability).toBeUndefined();
  });

  test('squared predicts the score', () => {
    expect(losses.squared.decide(Float64Array.of(2.5))).toBe(2.5);
  });
});
