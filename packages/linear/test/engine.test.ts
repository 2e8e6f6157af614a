// oxlint-disable typescript/no-non-null-assertion -- every index is within bounds

import { describe, expect, test } from 'vitest';
import { Engine, type EngineOptions } from '../src/engine.ts';
import { FOLD_AT } from '../src/kernels/state.ts';
import { type LossName, losses } from '../src/loss.ts';
import { PlainRunner } from '../src/plain-runner.ts';
import { distance, trainDensely } from './dense.ts';
import { makeExamples, type Made, makeOrder } from './examples.ts';

// The engine's rule is the dense rule in exact arithmetic. In float64 both round, so their results differ. A bound on the
// difference, with u = 2^-53, z the most non-zeros of a batch, F the range of `scale` (state[FOLD_AT]), and M the largest
// ‖w‖ + |b| + ‖eta g‖ of the run:
//
// - One step of either commits errors of at most u (2z + 16) M in the weights: 3u ‖w‖ for decay, product and sum; 6u of
//   what is moved; and eta ‖x‖ L times the error of a score, (z + 3) u (‖w‖ ‖x‖ + |b|), where eta L ‖x‖² is at most 2
//   for the losses and rows here.
//   Dense rows of a batch add up four before a weight takes the sum: fewer errors of ‖w‖, 3u more of what is moved.
// - A step does not drive two vectors of weights apart: for a convex loss it is nonexpansive while eta L ‖x‖² and
//   eta (lambd + weightDecay) are at most 2. So the errors of n steps add up to at most n times that, in each: together
//   n u (4z + 32) M. (The slope of hinge jumps. Both runs have the same slopes, unless a margin is within the bound of 1.)
// - An average is a convex combination of the weights, which inherits their error. The engine has its own roundings in A,
//   share and averageScale: at most 4u a step of what is summed. In a = averageScale (A + share W) that is
//   ‖a‖ + averageScale share ‖W‖; averageScale share is a mean of earlier values of scale, at most F times the current
//   one as scale decreases from 1. The dense rule's own averaging commits 3u ‖a‖. So the averages add at most
//   n u (4 (1 + F) + 3) M, where F counts only as far as scale has changed.
function bound(steps: number, nonZeros: number, foldAt: number, largest: number): number {
  return steps * 2 ** -53 * (4 * nonZeros + 32 + 4 * (1 + foldAt) + 3) * largest;
}

interface Run {
  readonly loss: LossName;
  readonly rows?: Partial<Made>;
  readonly options?: Partial<EngineOptions>;
  readonly examples: number;
  readonly foldAt?: number;
}

/** 0 stands for numbers. */
const classesOf: Readonly<Record<LossName, number>> = {
  log: 2,
  hinge: 2,
  squaredHinge: 2,
  modifiedHuber: 2,
  softmax: 3,
  squared: 0,
  huber: 0,
};

const rowsOf = (loss: LossName): Made => ({
  count: 997,
  features: 12,
  nonZeros: 4,
  classes: classesOf[loss],
});

/** The larger difference of weights and averages from dense ones, as a share of the bound: 1 at most. */
async function shareOfBound({
  loss,
  rows = {},
  options = {},
  examples: length,
  foldAt,
}: Run): Promise<number> {
  const made = { ...rowsOf(loss), ...rows };
  const examples = makeExamples(made);
  const order = makeOrder(made.count, length);
  const full: EngineOptions = {
    loss: losses[loss].id,
    features: made.features,
    outputs: made.classes > 2 ? made.classes : 1,
    batch: 1,
    lr: 0.5,
    lambd: 1e-3,
    alpha: 0.75,
    t0: 1000,
    weightDecay: 0,
    interceptStep: 0.5,
    epsilon: 0.3,
    ...options,
  };
  const engine = new Engine(full, new PlainRunner(full), foldAt);
  engine.load(examples);
  expect(engine.train(order)).toBe(length);

  const dense = await trainDensely(full, examples, order);
  expect(engine.step).toBe(dense.steps);
  const nonZeros = (made.isDense ? made.features : made.nonZeros) * full.batch;
  const limit = bound(dense.steps, nonZeros, engine.numbers.state[FOLD_AT]!, dense.largest);
  expect(limit).toBeLessThanOrEqual(1e-7 * dense.largest); // else it would show little
  const worst = Math.max(distance(engine.last(), dense.last), distance(engine.average(), dense.average));
  return worst === 0 ? 0 : worst / limit;
}

describe('the engine agrees with ASGD of core, within the bound', () => {
  test.each(Object.keys(losses) as LossName[])('over 100 000 steps with the loss %s', async (loss) => {
    expect(await shareOfBound({ loss, examples: 100_000 })).toBeLessThanOrEqual(1);
  });

  test.each(['log', 'hinge', 'squaredHinge', 'modifiedHuber'] as const)(
    'with three classes one against the rest: %s',
    async (loss) => {
      expect(await shareOfBound({ loss, rows: { classes: 3 }, examples: 20_000 })).toBeLessThanOrEqual(1);
    },
  );

  const variants: [string, Partial<EngineOptions>][] = [
    ['averaging all iterates', { t0: -1 }],
    ['averaging from the second iterate', { t0: 0 }],
    ['a t0 with a fraction', { t0: 2.5 }],
    ['a t0 just below a whole number', { t0: 10 - 1e-6 }],
    ['a t0 far below 0', { t0: -100 }],
    ['no averaging yet', { t0: 1e6 }],
    ['weightDecay', { weightDecay: 0.01 }],
    ['weightDecay without lambd', { weightDecay: 0.01, lambd: 0 }],
    ['nothing that decays', { lambd: 0 }],
    ['a constant step size', { alpha: 0 }],
    ['a step size that falls fast', { alpha: 1, lambd: 0.1 }],
    ['no step at all', { lr: 0 }],
    ['batches of 7, the last one smaller', { batch: 7, t0: 100 }],
    ['no intercept', { interceptStep: 0 }],
    ['an intercept with a full step', { interceptStep: 1 }],
    ['weights that shrink by a quarter a step', { lambd: 0.5, alpha: 0 }],
    ['weights that are set to 0 by each step', { lambd: 2, alpha: 0 }],
    ['weights that nearly are', { lambd: 2 * (1 - 2 ** -40), alpha: 0 }],
    ['weights that change their sign in each step', { lambd: 3, alpha: 0 }],
  ];
  for (const loss of ['log', 'squared', 'softmax'] as const) {
    test.each(variants)(`${loss}: %s`, async (_, options) => {
      expect(await shareOfBound({ loss, options, examples: 5000 })).toBeLessThanOrEqual(1);
    });

    test.each(variants)(`${loss}, dense rows: %s`, async (_, options) => {
      expect(
        await shareOfBound({ loss, options, examples: 5000, rows: { isDense: true } }),
      ).toBeLessThanOrEqual(1);
    });

    test(`${loss}: weights of rows`, async () => {
      expect(
        await shareOfBound({
          loss,
          examples: 5000,
          rows: { isWeighted: true },
          options: { lr: 0.4, batch: 3, t0: 100 },
        }),
      ).toBeLessThanOrEqual(1);
    });

    test.each([1, 1.01, 2])(`${loss}: folding whenever scale leaves 1/%d to %d`, async (foldAt) => {
      expect(
        await shareOfBound({ loss, foldAt, examples: 20_000, options: { lambd: 0.02, t0: 300 } }),
      ).toBeLessThanOrEqual(1);
    });
  }
});
