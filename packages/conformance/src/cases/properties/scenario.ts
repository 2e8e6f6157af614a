import type { Capabilities, DType, Options, RealArray } from '@asgd/core';
import * as fc from 'fast-check';
import { lanesOf, realOf, zeros } from '../../rounding.ts';
import { randomBits } from '../random.ts';

/** What fast-check varies: short enough to read in an error, as the numbers follow from the seeds. */
export interface Scenario {
  readonly options: Partial<Options>;
  readonly steps: number;
  readonly tensors: readonly TensorScenario[];
}

interface TensorScenario {
  readonly length: number;
  readonly seed: number;
  /** A bit mask of the steps in which this tensor has no gradient. */
  readonly absent: number;
}

/** A scenario with its numbers. */
export interface Plan {
  readonly dtype: DType;
  readonly options: Partial<Options>;
  readonly steps: number;
  readonly tensors: readonly TensorPlan[];
}

export interface TensorPlan {
  readonly values: RealArray;
  /** One for each step; `null`: none. */
  readonly gradients: readonly (RealArray | null)[];
}

/**
 * Which numbers occur. The bits of two runs can be compared only if rounding cannot depend on how the work was
 * launched. A backend that may contract gets numbers whose sums and products are all exact, so that it makes no
 * difference what it fuses. One that rounds every operation gets arbitrary numbers.
 */
interface Regime {
  readonly options: fc.Arbitrary<Partial<Options>>;
  readonly maxSteps: number;
  /** Makes one number of a real dtype. */
  number(bits: () => number): number;
}

// With such a t0, even a few updates reach every phase: the average is the parameter, begins, and is blended.
const roughOptions: fc.Arbitrary<Partial<Options>> = fc.record({
  lr: fc.constantFrom(0.1, 0.01, 1, 0),
  lambd: fc.constantFrom(1e-4, 0, 0.1, 3),
  alpha: fc.constantFrom(0.75, 0, 0.5, 1, 2),
  t0: fc.constantFrom(0, -1, 1, 2.5, 1e6),
  weightDecay: fc.constantFrom(0, 0.1, 1),
  foreach: fc.constantFrom(undefined, true, false),
  maximize: fc.boolean(),
});

// With these options, integers of 6 bits grow by at most 5 bits per update, so 24 bits hold them for three updates.
// With alpha 0, eta stays at lr, a power of two; with t0 0, mu is 1, 1 and 1/2.
const exactOptions: fc.Arbitrary<Partial<Options>> = fc.record({
  lr: fc.constantFrom(0.5, 0.25),
  lambd: fc.constantFrom(0, 0.5),
  alpha: fc.constant(0),
  t0: fc.constantFrom(0, 1e6),
  weightDecay: fc.constantFrom(0, 0.5),
  foreach: fc.constantFrom(undefined, true, false),
  maximize: fc.boolean(),
});

function regimeFor({ contraction, subnormals }: Capabilities): Regime {
  if (contraction === 'may') {
    return { options: exactOptions, maxSteps: 3, number: (bits) => (bits() >>> 26) - 32 };
  }
  return { options: roughOptions, maxSteps: 6, number: (bits) => roughNumber(bits, subnormals === 'keep') };
}

/** Magnitudes from 2^-12 to 2^11 with full mantissas, and sometimes a number that arithmetic may get wrong. */
function roughNumber(bits: () => number, subnormals: boolean): number {
  const kind = bits() % 256;
  if (kind < 4) return 0;
  if (kind < 8) return -0;
  if (kind < 12 && subnormals) return (bits() % 4096) * 2 ** -149;
  if (kind === 12) return Infinity;
  const mantissa = 1 + (bits() * 2 ** 20 + (bits() >>> 12)) * 2 ** -52;
  const magnitude = mantissa * 2 ** ((bits() % 24) - 12);
  return bits() % 2 === 0 ? magnitude : -magnitude;
}

/** Up to four tensors with lengths around every vector width, over a few updates, some without gradients. */
export function scenarios(capabilities: Capabilities): fc.Arbitrary<Scenario> {
  const { options, maxSteps } = regimeFor(capabilities);
  const tensor = fc.record({
    length: fc.integer({ min: 0, max: 37 }),
    seed: fc.nat(),
    absent: fc.constantFrom(0, 0, 0, 1, 2, 5, 62),
  });
  return fc.record({
    options,
    steps: fc.integer({ min: 1, max: maxSteps }),
    tensors: fc.array(tensor, { minLength: 1, maxLength: 4 }),
  });
}

/** The numbers of a scenario, in one dtype. */
export function planOf(
  { options, steps, tensors }: Scenario,
  dtype: DType,
  capabilities: Capabilities,
): Plan {
  const { number } = regimeFor(capabilities);
  return {
    dtype,
    options,
    steps,
    tensors: tensors.map(({ length, seed, absent }) => {
      const bits = randomBits(seed);
      const draw = (): RealArray => zeros(realOf(dtype), length * lanesOf(dtype)).map(() => number(bits));
      return {
        values: draw(),
        gradients: Array.from({ length: steps }, (_, step) => ((absent >> step) & 1 ? null : draw())),
      };
    }),
  };
}
