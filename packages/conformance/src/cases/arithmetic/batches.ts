import type { DType } from '@asgd/core';
import { Random } from '../../random.ts';
import { lanesOf, realOf } from '../../rounding.ts';
import type { GroupSpec, StepSpec, Trace, TraceOptions } from '../../trace.ts';
import type { TrainingCase } from '../../training-case.ts';
import {
  complexDTypes,
  exactCase,
  ordinary,
  realDTypes,
  stepsThroughAveraging,
  throughAveraging,
} from './traces.ts';

const dtypes: readonly DType[] = [...realDTypes, ...complexDTypes];

export interface Layout {
  readonly dtypes: readonly DType[];
  readonly lengths: readonly number[];
  readonly groups: readonly GroupSpec[];
  readonly steps: number;
  /** After how many the numbers of a tensor repeat. Default: never. */
  readonly period?: number;
  /** Whether a parameter has a gradient at a step. */
  readonly hasGradient?: (parameter: number, step: number) => boolean;
}

export function batchTrace(
  seed: string,
  { dtypes: kinds, lengths, groups, steps, period, hasGradient }: Layout,
): Trace {
  const random = new Random(seed);
  const parameters = lengths.map((length, index) => {
    const dtype = kinds[index % kinds.length] ?? 'float32';
    const initial = random.fill(realOf(dtype), length * lanesOf(dtype), ordinary.parameter, period);
    return { dtype, shape: [length], initial };
  });
  const gradientsOf = (step: number): StepSpec['gradients'] =>
    parameters.map(({ dtype, initial }, index) =>
      (hasGradient?.(index, step) ?? true)
        ? random.fill(realOf(dtype), initial.length, ordinary.gradient, period)
        : null,
    );
  return {
    parameters,
    groups,
    steps: Array.from({ length: steps }, (_, step) => ({ gradients: gradientsOf(step) })),
  };
}

function oneGroup(count: number, options: Partial<TraceOptions>): readonly GroupSpec[] {
  return [{ parameters: Array.from({ length: count }, (_, index) => index), options }];
}

/** More tensors than a backend has bindings, of lengths that leave every remainder. */
function many(dtype: DType): TrainingCase {
  return exactCase(`batch/many/${dtype}`, [dtype], (id) =>
    batchTrace(id, {
      dtypes: [dtype],
      lengths: Array.from({ length: 300 }, (_, index) => (index * 7) % 41),
      groups: oneGroup(300, { ...throughAveraging, weightDecay: 0.1 }),
      steps: stepsThroughAveraging,
    }),
  );
}

/** Many small tensors and one large one, which a launch sized for the average length would cut short. */
function uneven(dtype: DType): TrainingCase {
  return exactCase(`batch/uneven/${dtype}`, [dtype], (id) =>
    batchTrace(id, {
      dtypes: [dtype],
      lengths: [1, 40_001, 2, 3, 0, 5, 8_191, 1],
      groups: oneGroup(8, throughAveraging),
      steps: stepsThroughAveraging,
    }),
  );
}

/** Each joins one step after the last, so one launch leaves some averages alone, copies some and blends others. */
function lateJoiners(dtype: DType): TrainingCase {
  return exactCase(`batch/late-joiners/${dtype}`, [dtype], (id) =>
    batchTrace(id, {
      dtypes: [dtype],
      lengths: [33, 7, 64, 5, 1, 12],
      groups: oneGroup(6, throughAveraging),
      steps: 9,
      hasGradient: (parameter, step) => step >= parameter,
    }),
  );
}

/** Gradients come and go. A parameter without one keeps its exact values and scalars. */
function missingGradients(dtype: DType): TrainingCase {
  return exactCase(`batch/missing-gradients/${dtype}`, [dtype], (id) =>
    batchTrace(id, {
      dtypes: [dtype],
      lengths: [9, 16, 3, 21],
      groups: oneGroup(4, { ...throughAveraging, weightDecay: 0.1 }),
      steps: 8,
      hasGradient: (parameter, step) => (step + 1) % (parameter + 1) === 0,
    }),
  );
}

/** Groups do not share options. */
function separateGroups(dtype: DType): TrainingCase {
  return exactCase(`batch/groups/${dtype}`, [dtype], (id) =>
    batchTrace(id, {
      dtypes: [dtype],
      lengths: [17, 4, 9, 30, 2],
      groups: [
        { parameters: [0, 1], options: { ...throughAveraging, weightDecay: 0.1 } },
        { parameters: [2], options: { lr: 0.3, maximize: true, t0: -1 } },
        { parameters: [3, 4], options: { lr: 0.01, alpha: 0.5, lambd: 0.2, t0: 3 } },
      ],
      steps: 6,
    }),
  );
}

/** One group may hold every dtype. */
function mixed(kinds: readonly DType[]): TrainingCase {
  return exactCase(`batch/mixed-dtypes/${kinds.join('+')}`, kinds, (id) =>
    batchTrace(id, {
      dtypes: kinds,
      lengths: [5, 6, 7, 8, 9, 10, 11, 12, 13],
      groups: oneGroup(9, { ...throughAveraging, weightDecay: 0.1 }),
      steps: stepsThroughAveraging,
    }),
  );
}

/** Many tensors in one launch. */
export const batches: readonly TrainingCase[] = [
  ...dtypes.flatMap((dtype) => [
    many(dtype),
    lateJoiners(dtype),
    missingGradients(dtype),
    separateGroups(dtype),
  ]),
  ...realDTypes.map(uneven),
  mixed(['float32', 'complex64']),
  mixed(['float64', 'complex128']),
  mixed(dtypes),
];
