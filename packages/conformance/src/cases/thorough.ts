import type { DType } from '@asgd/core';
import type { Case } from '../case.ts';
import { asCase, type TrainingCase } from '../training-case.ts';
import { batchTrace } from './arithmetic/batches.ts';
import { exactCase, singleTrace, throughAveraging, variants } from './arithmetic/traces.ts';
import { manyLaunches } from './lifecycle/queues.ts';

// Sizes at which counters, offsets and dispatches run over, and which take seconds: run only when asked for.

/** The first blend is in the second step. */
const options = { ...throughAveraging, ...variants['weight-decay+maximize'], t0: -1.5 };

/** One more than 65 535 workgroups of 64, and a tail behind 2^24, beyond which float32 cannot count. */
const lengths = [65_535 * 64 + 1, 2 ** 24 + 5];

function ofLength(dtype: DType, length: number): TrainingCase {
  return exactCase(`thorough/length/${dtype}/n=${length}`, [dtype], (id) =>
    singleTrace(id, dtype, [length], options, { steps: 2 }),
  );
}

/** More tensors than 4096, each with numbers of its own. */
function ofTensors(dtype: DType): TrainingCase {
  const count = 5000;
  return exactCase(`thorough/tensors/${dtype}/n=${count}`, [dtype], (id) =>
    batchTrace(id, {
      dtypes: [dtype],
      lengths: Array.from({ length: count }, (_, index) => 1 + (index % 7)),
      groups: [{ parameters: Array.from({ length: count }, (_, index) => index), options }],
      steps: 2,
    }),
  );
}

/** Small tensors before and after a large one, in one launch. */
function ofUneven(dtype: DType): TrainingCase {
  return exactCase(`thorough/uneven/${dtype}`, [dtype], (id) =>
    batchTrace(id, {
      dtypes: [dtype],
      lengths: [3, 2 ** 20 + 1, 5, 2 ** 21 + 3, 7, 1],
      groups: [{ parameters: [0, 1, 2, 3, 4, 5], options }],
      steps: 2,
    }),
  );
}

const training: readonly TrainingCase[] = (['float32', 'float64'] as const).flatMap((dtype) => [
  ...lengths.map((length) => ofLength(dtype, length)),
  ofTensors(dtype),
  ofUneven(dtype),
]);

/** Large tensors, and many of everything. */
export const thorough: readonly Case[] = [
  ...training.map((item) => asCase(item)),
  manyLaunches('thorough/launches/n=10000', 10_000),
].map((item) => ({ ...item, isThorough: true }));
