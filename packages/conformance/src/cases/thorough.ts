import { asgd, type DType, type RealArray, type Tensor } from '@asgd/core';
import type { Case } from '../case.ts';
import { period } from '../exact.ts';
import { asCase, type TrainingCase, type TrainingRun } from '../training-case.ts';
import { batchTrace } from './arithmetic/batches.ts';
import { exactCase, singleTrace, throughAveraging, variants } from './arithmetic/traces.ts';
import { define } from './define.ts';
import { expect, expectSame } from './expect.ts';
import { manyLaunches } from './lifecycle/queues.ts';

// Sizes at which counters, offsets and dispatches run over, and which take seconds: run only when asked for.

/** The first blend is in the second step. */
const options = { ...throughAveraging, ...variants['weight-decay+maximize'], t0: -1.5 };

// The numbers repeat after a prime count of them, so no power of two, and no multiple of a width, leads to the same ones.

/** One more than 65 535 workgroups of 64, and a tail behind 2^24, beyond which float32 cannot count. */
const lengths = [65_535 * 64 + 1, 2 ** 24 + 5];

function ofLength(dtype: DType, length: number): TrainingCase {
  return exactCase(`thorough/length/${dtype}/n=${length}`, [dtype], (id) =>
    singleTrace(id, dtype, [length], options, { steps: 2, period }),
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
      period,
    }),
  );
}

/** The first element beyond 2^32 bytes. */
const beyond = 2 ** 30;

/** Elements around 2^32 bytes and at both ends are updated exactly once, and their neighbors not at all. */
const large = define(
  'thorough/beyond-32-bits/float32',
  'Update',
  ({ backend }) => {
    const length = beyond + 5;
    const marks = [0, 1, beyond - 2, beyond - 1, beyond, beyond + 1, length - 1];
    const [parameter, gradient, average] = [0, 1, 2].map(() => backend.zeros([length])) as [
      Tensor,
      Tensor,
      Tensor,
    ];
    for (const mark of marks) gradient.view()[mark] = 1;
    const [mus, etas, steps] = [[1], [1], [0]] as [number[], number[], number[]];
    for (let step = 0; step < 2; step++) {
      asgd([parameter], [gradient], [average], mus, etas, steps, { lr: 1, lambd: 0, t0: -1 });
    }
    expectMarks(parameter.view(), marks, -2, 'The parameter');
    expectMarks(average.view(), marks, -1.5, 'The average');
    expectMarks(gradient.view(), marks, 1, 'The gradient');
  },
  { dtypes: ['float32'], hostVisible: true, maxBytes: 4 * (beyond + 5) },
);

function expectMarks(values: RealArray, marks: readonly number[], expected: number, what: string): void {
  for (const mark of marks) expectSame(values[mark], expected, `${what}, at index ${mark}`);
  let count = 0;
  for (let index = 0; index < values.length; index++) if (values[index] !== 0) count++;
  expect(count === marks.length, `${what} has ${count} elements that are not 0; expected ${marks.length}.`);
}

const training: readonly TrainingCase[] = (['float32', 'float64'] as const).flatMap((dtype) => [
  ...lengths.map((length) => ofLength(dtype, length)),
  ofTensors(dtype),
  ofUneven(dtype),
]);

/** Large tensors. */
export const thoroughTraining: readonly TrainingRun[] = training.map((item) => ({
  ...asCase(item),
  isThorough: true,
}));

/** Large tensors, and many of everything. */
export const thorough: readonly Case[] = [
  ...thoroughTraining,
  ...[manyLaunches('thorough/launches/n=10000', 10_000), large].map((item) => ({
    ...item,
    isThorough: true,
  })),
];
