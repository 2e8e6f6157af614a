import { ASGD, type RealArray, type RealDType } from '@asgd/core';
import { wasm } from '@asgd/wasm';
import { describe, expect, test } from 'vitest';

// Tensors of 8 MiB and more, which the kernels update at several places in turn. The conformance suite has none so long.

interface Tensors {
  readonly parameter: RealArray;
  readonly gradient: RealArray;
  readonly average: RealArray;
}

/** Three steps of SPEC.md with averaging from the first on: one that averages nothing, one that copies, one that blends. */
function threeSteps({ parameter, gradient, average }: Tensors, dtype: RealDType, weightDecay: number): void {
  const round = dtype === 'float32' ? Math.fround : (value: number) => value;
  const [lr, lambd] = [0.01, 0.1];
  for (let step = 0; step < 3; step++) {
    const eta = Math.fround(lr / (1 + lambd * lr * step) ** 0.75);
    const decay = round(1 - lambd * eta);
    const mu = 1 / Math.max(1, step);
    for (let i = 0; i < parameter.length; i++) {
      const p = parameter[i] as number;
      const penalty = weightDecay === 0 ? 0 : round(round(weightDecay) * p);
      const g = weightDecay === 0 ? (gradient[i] as number) : round((gradient[i] as number) + penalty);
      const next = round(round(p * decay) - round(round(eta) * g));
      const a = average[i] as number;
      parameter[i] = next;
      average[i] = mu === 1 ? next : round(a + round(round(next - a) * mu));
    }
  }
}

function randomValues(length: number, dtype: RealDType, seed: number): RealArray {
  const values = dtype === 'float32' ? new Float32Array(length) : new Float64Array(length);
  let state = seed;
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    values[i] = state / 2 ** 31;
  }
  return values;
}

describe('a long tensor has the bits of SPEC.md', () => {
  const MiB = 2 ** 20;
  for (const [dtype, width] of [
    ['float32', 4],
    ['float64', 8],
  ] as const) {
    for (const threads of [1, 2, 3]) {
      for (const weightDecay of [0, 0.1]) {
        const length = (8 * MiB) / width + 1027;
        test(`${dtype}, ${threads} threads, weight decay ${weightDecay}`, async () => {
          const [initial, gradient] = [1, 2].map((seed) => randomValues(length, dtype, seed)) as [
            RealArray,
            RealArray,
          ];
          const backend = await wasm({ threads });
          const parameter = backend.parameter(initial);
          parameter.grad = backend.tensor(gradient);
          const optimizer = new ASGD([parameter], { lr: 0.01, lambd: 0.1, t0: 0, weightDecay });
          for (let step = 0; step < 3; step++) optimizer.step();

          const expected = { parameter: initial.slice(), gradient, average: initial.slice() };
          threeSteps(expected, dtype, weightDecay);
          expect(differences(parameter.view(), expected.parameter)).toBe(0);
          expect(differences(optimizer.averageOf(parameter).view(), expected.average)).toBe(0);
          expect(differences(parameter.grad.view(), gradient)).toBe(0);
          await backend.close();
        });
      }
    }
  }
});

/** How many values differ. A message with millions of them would not help. */
function differences(given: RealArray, expected: RealArray): number {
  let count = Math.abs(given.length - expected.length);
  for (let i = 0; i < expected.length; i++) if (!Object.is(given[i], expected[i])) count += 1;
  return count;
}
