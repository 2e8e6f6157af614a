import type { DType, RealArray } from '@asgd/core';
import { trainExactly } from '../../exact.ts';
import { Random } from '../../random.ts';
import { lanesOf, realOf } from '../../rounding.ts';
import type { StepSpec, Trace, TraceOptions } from '../../trace.ts';
import type { TrainingCase } from '../../training-case.ts';

export const realDTypes = ['float32', 'float64'] as const;
export const complexDTypes = ['complex64', 'complex128'] as const;

export type Variant = 'plain' | 'weight-decay' | 'maximize' | 'weight-decay+maximize';

/** The terms of the update that options turn on and off. */
export const variants: Readonly<Record<Variant, Partial<TraceOptions>>> = {
  plain: {},
  'weight-decay': { weightDecay: 0.1 },
  maximize: { maximize: true },
  'weight-decay+maximize': { weightDecay: 0.1, maximize: true },
};

export const allVariants: readonly Variant[] = ['plain', 'weight-decay', 'maximize', 'weight-decay+maximize'];

/**
 * With these options every scalar has a full mantissa. Step 1 leaves the average alone and step 2 copies it; from
 * step 3 on it is blended, first with weight 1/2, then with 1/3.
 */
export const throughAveraging: Partial<TraceOptions> = { lr: 0.05, lambd: 0.01, t0: 0 };

/** Enough steps to get from an untouched average to one that is blended with full rounding. */
export const stepsThroughAveraging = 4;

/** Draws the numbers of a trace. */
export interface Draw {
  readonly parameter: (random: Random) => number;
  readonly gradient: (random: Random) => number;
}

/** Everyday magnitudes. */
export const ordinary: Draw = {
  parameter: (random) => random.magnitude(-4, 3),
  gradient: (random) => random.magnitude(-6, 4),
};

/** One parameter, with a gradient at every step. */
export function singleTrace(
  seed: string,
  dtype: DType,
  shape: readonly number[],
  options: Partial<TraceOptions>,
  {
    steps = stepsThroughAveraging,
    draw = ordinary,
    period,
  }: { readonly steps?: number; readonly draw?: Draw; readonly period?: number } = {},
): Trace {
  const random = new Random(seed);
  const reals = shape.reduce((size, extent) => size * extent, 1) * lanesOf(dtype);
  const fill = (source: (random: Random) => number): RealArray =>
    random.fill(realOf(dtype), reals, source, period);
  return {
    parameters: [{ dtype, shape, initial: fill(draw.parameter) }],
    groups: [{ parameters: [0], options }],
    steps: Array.from({ length: steps }, (): StepSpec => ({ gradients: [fill(draw.gradient)] })),
  };
}

/** A case that follows a trace and must be exact at every step. The trace is made when the case runs. */
export function exactCase(
  id: string,
  dtypes: readonly DType[],
  makeTrace: (id: string) => Trace,
  spec = 'Update',
): TrainingCase {
  return {
    id,
    spec,
    needs: { dtypes },
    trace: () => makeTrace(id),
    train: (context, mode) => trainExactly(makeTrace(id), context, mode),
  };
}
