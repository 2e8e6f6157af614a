import type { RealArray, RealDType } from '@asgd/core';
import { smallestNormal, ulpOf, zeros } from '../../rounding.ts';
import type { Trace, TraceOptions } from '../../trace.ts';
import type { TrainingCase } from '../../training-case.ts';
import {
  allVariants,
  type Draw,
  exactCase,
  realDTypes,
  singleTrace,
  throughAveraging,
  type Variant,
  variants,
} from './traces.ts';

/** The binary exponents of a dtype: the range of normal numbers, and the end of the subnormal ones. */
const exponents: Readonly<
  Record<RealDType, { readonly least: number; readonly normal: number; readonly most: number }>
> = {
  float32: { least: -149, normal: -126, most: 127 },
  float64: { least: -1074, normal: -1022, most: 1023 },
};

function between(low: number, high: number): Draw {
  return {
    parameter: (random) => random.magnitude(low, high),
    gradient: (random) => random.magnitude(low, high),
  };
}

interface Magnitude {
  readonly name: string;
  readonly options: Partial<TraceOptions>;
  /** Default: all. */
  readonly only?: readonly Variant[];
  draw(dtype: RealDType): Draw;
}

// A learning rate near 1 keeps the product with the gradient in the intended range.
const large: Partial<TraceOptions> = { ...throughAveraging, lr: 0.7 };

const magnitudes: readonly Magnitude[] = [
  {
    name: 'subnormal',
    options: large,
    draw: (dtype) => between(exponents[dtype].least, exponents[dtype].normal),
  },
  {
    name: 'around-smallest-normal',
    options: large,
    draw: (dtype) => between(exponents[dtype].normal - 4, exponents[dtype].normal + 6),
  },
  // Low enough that every sum and difference in the update stays finite.
  {
    name: 'near-overflow',
    options: throughAveraging,
    draw: (dtype) => between(exponents[dtype].most - 12, exponents[dtype].most - 2),
  },
  {
    name: 'whole-range',
    options: large,
    draw: (dtype) => between(exponents[dtype].least, exponents[dtype].most - 2),
  },
  // A decay so small that only a gradient as small shows it.
  {
    name: 'least-weight-decay',
    options: { lr: 1e4, lambd: 0, t0: 0, weightDecay: 1e-10 },
    only: ['plain', 'maximize'],
    draw: () => ({
      parameter: (random) => random.magnitude(-2, 2),
      gradient: (random) => random.magnitude(-40, -30),
    }),
  },
  {
    name: 'far-apart',
    options: large,
    draw: () => ({
      parameter: (random) => random.magnitude(-2, 2),
      gradient: (random) => random.magnitude(-30, 30),
    }),
  },
];

function ofMagnitude({ name, options, draw }: Magnitude, dtype: RealDType, variant: Variant): TrainingCase {
  return exactCase(`magnitude/${name}/${variant}/${dtype}`, [dtype], (id) =>
    singleTrace(id, dtype, [509], { ...options, ...variants[variant] }, { draw: draw(dtype) }),
  );
}

/** Every pair of the given numbers, as parameter and gradient. */
function gridTrace(dtype: RealDType, numbers: readonly number[], options: Partial<TraceOptions>): Trace {
  const pairs = numbers.flatMap((parameter) => numbers.map((gradient) => [parameter, gradient] as const));
  const column = (index: 0 | 1): RealArray => {
    const values = zeros(dtype, pairs.length);
    values.set(pairs.map((pair) => pair[index]));
    return values;
  };
  const gradients = [column(1)];
  return {
    parameters: [{ dtype, shape: [pairs.length], initial: column(0) }],
    groups: [{ parameters: [0], options }],
    steps: Array.from({ length: 4 }, () => ({ gradients })),
  };
}

function withBothSigns(magnitudesOfNumbers: readonly number[]): readonly number[] {
  return magnitudesOfNumbers.flatMap((number) => [number, -number]);
}

function finiteGrid(dtype: RealDType): readonly number[] {
  const normal = smallestNormal[dtype];
  const smallest = ulpOf(dtype, 0);
  return withBothSigns([0, smallest, normal - smallest, normal, 1, 1 + ulpOf(dtype, 1), 3, 1 / normal]);
}

function largestOf(dtype: RealDType): number {
  return 2 ** exponents[dtype].most * (2 - ulpOf(dtype, 1));
}

function ofGrid(name: string, dtype: RealDType, variant: Variant, numbers: readonly number[]): TrainingCase {
  return exactCase(`magnitude/${name}/${variant}/${dtype}`, [dtype], () =>
    gridTrace(dtype, numbers, { ...large, ...variants[variant] }),
  );
}

/** Sums that are the smallest normal number exactly, which is not to be flushed. */
function ofSmallestNormal(dtype: RealDType, variant: Variant): TrainingCase {
  const numbers = withBothSigns([0, 1, 2, 4].map((factor) => factor * smallestNormal[dtype]));
  return exactCase(`magnitude/smallest-normal/${variant}/${dtype}`, [dtype], () =>
    gridTrace(dtype, numbers, { lr: 0.5, lambd: 0, t0: 0, ...variants[variant] }),
  );
}

/** Numbers that kernels get wrong: the smallest and the largest, zeros of both signs, infinities and NaN. */
export const magnitudeCases: readonly TrainingCase[] = realDTypes.flatMap((dtype) =>
  allVariants.flatMap((variant) => [
    ...magnitudes
      .filter(({ only = allVariants }) => only.includes(variant))
      .map((magnitude) => ofMagnitude(magnitude, dtype, variant)),
    ofGrid('landmarks', dtype, variant, finiteGrid(dtype)),
    ofGrid('zeros', dtype, variant, withBothSigns([0, 1])),
    ofSmallestNormal(dtype, variant),
    ofGrid('not-finite', dtype, variant, [...withBothSigns([0, 1, largestOf(dtype), Infinity]), Number.NaN]),
  ]),
);
