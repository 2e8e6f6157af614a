import { describe, expect, test } from 'vitest';
import { tensorVectorCases } from '../src/cases/vectors/on-tensors.ts';
import { etaUlp, Nearness, type RecordedUpdate } from '../src/cases/vectors/nearness.ts';
import { defaultOptions } from '../src/reference.ts';
import { realOf, roundTo } from '../src/rounding.ts';
import { run } from '../src/run.ts';
import { decodeTensorTrace, loadTensorTraces } from '../src/vectors-on-tensors.ts';
import { type DeviceFault, deviceBackend } from './mutants/device.ts';

describe('the vectors with the schedule in tensors', () => {
  test('have both records of every parameter, and a learning rate that its dtype holds', async () => {
    for (const stored of await loadTensorTraces()) {
      const { parameters, steps, groups, recorded, recordedOnTensors, learningRates } =
        decodeTensorTrace(stored);
      for (const record of [recorded, recordedOnTensors]) {
        expect(record.map((step) => step.map(({ values }) => values.length))).toStrictEqual(
          steps.map(() => parameters.map(({ initial }) => initial.length)),
        );
      }
      for (const { dtype, groups: members } of learningRates) {
        const lrs = members.map((index) => groups[index]?.options.lr ?? NaN);
        expect(new Set(lrs).size).toBe(1);
        expect(lrs.map((lr) => roundTo(realOf(dtype), lr))).toStrictEqual(lrs);
      }
    }
  });
});

describe('how close a run has to be to one with the schedule in tensors', () => {
  const initial = Float64Array.of(4);
  const update: RecordedUpdate = {
    gradient: Float64Array.of(3),
    options: { ...defaultOptions, lr: 0.5, lambd: 0.25, weightDecay: 0.5 },
    ours: { step: 0, eta: 0.5, mu: 1 },
    theirs: { step: 0, eta: 0.5, mu: 1 },
  };
  const differing = { ...update, ours: { ...update.ours, eta: 0.5 + 2 ** -20 } };

  test('is the same bits while eta is the same', () => {
    const nearness = new Nearness(initial, { decay: false, roundings: false });
    nearness.advance(update, Float64Array.of(2));
    expect(nearness.ofParameter().accepts(0, 2)).toBe(true);
    expect(nearness.ofParameter().accepts(0, 2 + 2 ** -51)).toBe(false);
    expect(nearness.ofAverage(Float64Array.of(2)).accepts(0, 2 + 2 ** -51)).toBe(false);
  });

  test('grows by what a difference of eta moves: lambd p and the whole gradient', () => {
    const nearness = new Nearness(initial, { decay: false, roundings: false });
    nearness.advance(differing, Float64Array.of(2));
    // 2^-20 * (0.25 * 4 + 3 + 0.5 * 4), and 4 ulp of the scale, which is 4.
    const bound = 2 ** -20 * 6 + 4 * 2 ** -50;
    expect(nearness.ofParameter().accepts(0, 2 + bound)).toBe(true);
    expect(nearness.ofParameter().accepts(0, 2 - bound)).toBe(true);
    expect(nearness.ofParameter().accepts(0, 2 + bound + 2 ** -50)).toBe(false);
  });

  test('negates the gradient, but not the weight decay, under maximize', () => {
    const nearness = new Nearness(initial, { decay: false, roundings: false });
    nearness.advance({ ...differing, options: { ...update.options, maximize: true } }, Float64Array.of(2));
    // 0.25 * 4 - 3 + 0.5 * 4 is 0: what eta multiplies, it does not move.
    expect(nearness.ofParameter().accepts(0, 2 + 5 * 2 ** -50)).toBe(false);
  });

  test('lets an average differ by mu times what the parameter does', () => {
    const blending = {
      ...differing,
      theirs: { ...update.theirs, mu: 0.25 },
      ours: { ...differing.ours, mu: 0.25 },
    };
    const nearness = new Nearness(initial, { decay: false, roundings: false });
    nearness.advance(blending, Float64Array.of(2));
    const average = nearness.ofAverage(Float64Array.of(1));
    const bound = (2 ** -20 * 6) / 4 + 8 * 2 ** -50;
    expect(average.accepts(0, 1 + bound)).toBe(true);
    expect(average.accepts(0, 1 + bound + 2 ** -49)).toBe(false);
  });

  test('grows by a decay in float32 only where there is one', () => {
    // (2 + 2 * 0.25 * 0.5) * 2^-24, times 4, and 4 ulp.
    const bound = 2.25 * 2 ** -22 + 4 * 2 ** -50;
    for (const decay of [true, false]) {
      const nearness = new Nearness(initial, { decay, roundings: true });
      nearness.advance(update, Float64Array.of(2));
      expect(nearness.ofParameter().accepts(0, 2 + 4 * 2 ** -50)).toBe(true);
      expect(nearness.ofParameter().accepts(0, 2 + bound)).toBe(decay);
      expect(nearness.ofParameter().accepts(0, 2 + bound + 2 ** -50)).toBe(false);
    }
  });

  test('never accepts a NaN', () => {
    const nearness = new Nearness(initial, { decay: true, roundings: true });
    nearness.advance(differing, Float64Array.of(2));
    expect(nearness.ofParameter().accepts(0, NaN)).toBe(false);
  });
});

test('eta may differ by the roundings that PyTorch makes on tensors', () => {
  const options = { ...defaultOptions, lr: 1, lambd: 1, alpha: 0.5 };
  expect(etaUlp('as SPEC.md says', options, 1)).toBe(0);
  expect(etaUlp('from a float32 tensor', options, 1)).toBe(2 + 0.5 * 2.5);
  expect(etaUlp('from a number, capturable', options, 1)).toBe(4 + 0.5 * 2);
  expect(etaUlp('from a float32 tensor', { ...options, lambd: 0 }, 1)).toBe(2.5);
});

describe('a device', () => {
  async function failing(fault?: DeviceFault): Promise<readonly string[]> {
    const cases = await tensorVectorCases();
    const report = await run({ name: 'device', open: () => deviceBackend(fault) }, { cases, floor: 1 });
    return report.rows.filter(({ outcome }) => outcome === 'fail').map(({ id }) => id);
  }

  test('whose schedule is as far from the host as allowed follows all of them', async () => {
    expect(await failing()).toStrictEqual([]);
  });

  test.each<[DeviceFault, string]>([
    ['eta-too-coarse', 'vectors/tensor-lr/0-d/float32'],
    ['mu-too-coarse', 'vectors/capturable/true-mean/float32/replay'],
    ['lr-of-the-first-step-kept', 'vectors/tensor-lr/filled-between-steps/float32'],
    ['lr-acts-at-once', 'vectors/tensor-lr/acts-one-step-late/float32'],
    ['counters-of-the-first-for-all', 'vectors/capturable/missing-gradients/float32/step'],
    ['decay-from-rounded-product', 'vectors/capturable/plain/float64/step'],
  ])('does not with %s', async (fault, id) => {
    expect(await failing(fault)).toContain(id);
  });
});
