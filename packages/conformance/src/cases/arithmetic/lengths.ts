import type { DType } from '@asgd/core';
import { period } from '../../exact.ts';
import type { TrainingCase } from '../../training-case.ts';
import {
  allVariants,
  complexDTypes,
  exactCase,
  realDTypes,
  singleTrace,
  throughAveraging,
  type Variant,
  variants,
} from './traces.ts';

/** Lengths around the edges of vectors, of unrolled loops and of small workgroups. */
const shortLengths = [0, 1, 3, 4, 5, 15, 16, 17, 63, 64, 65, 255, 256, 257, 1023, 1024, 1025];

/** Lengths around a power of two at which one dimension runs out of workgroups. */
const longLengths = [65_535, 65_536, 65_537];

/** More elements than a workgroup, page or cache holds, and not a multiple of any of their sizes. */
const longest = 2 ** 20 + 3;

const complexLengths = [0, 1, 3, 4, 5, 17, 64, 65, 257, 1025];

const shapes = [[], [1], [3, 5], [2, 1, 3], [4, 0, 2]];

const fewVariants: readonly Variant[] = ['plain', 'weight-decay+maximize'];

/** Too long to repeat in every mode. The third long length leaves a remainder, and is repeated. */
const large: ReadonlySet<number> = new Set([65_535, 65_536]);

function ofLength(dtype: DType, variant: Variant, length: number): TrainingCase {
  const exact = exactCase(`step/${variant}/${dtype}/n=${length}`, [dtype], (id) =>
    singleTrace(id, dtype, [length], { ...throughAveraging, ...variants[variant] }),
  );
  return large.has(length) ? { ...exact, isLarge: true } : exact;
}

/** Two steps are enough to reach a blend when averaging begins at once. */
function ofLongest(dtype: DType): TrainingCase {
  const variant = 'weight-decay+maximize';
  const options = { ...throughAveraging, ...variants[variant], t0: -1.5 };
  const exact = exactCase(`step/${variant}/${dtype}/n=${longest}`, [dtype], (id) =>
    singleTrace(id, dtype, [longest], options, { steps: 2, period }),
  );
  return { ...exact, isLarge: true };
}

function ofShape(dtype: DType, shape: readonly number[]): TrainingCase {
  return exactCase(`step/shape/${dtype}/[${shape.join(',')}]`, [dtype], (id) =>
    singleTrace(id, dtype, shape, throughAveraging),
  );
}

/** Updates one tensor, at every length where the end of the data could go wrong. */
export const lengths: readonly TrainingCase[] = [
  ...realDTypes.flatMap((dtype) => [
    ...allVariants.flatMap((variant) => shortLengths.map((length) => ofLength(dtype, variant, length))),
    ...fewVariants.flatMap((variant) => longLengths.map((length) => ofLength(dtype, variant, length))),
    ofLongest(dtype),
  ]),
  ...complexDTypes.flatMap((dtype) =>
    fewVariants.flatMap((variant) => complexLengths.map((length) => ofLength(dtype, variant, length))),
  ),
  ...[...realDTypes, ...complexDTypes].flatMap((dtype) => shapes.map((shape) => ofShape(dtype, shape))),
];
