import type { HostScalars, RealArray, RealDType, StepBatch, StepItem } from '@asgd/core';
import { fma } from '../../src/fma.ts';
import { smallestNormal } from '../../src/rounding.ts';
import type { Fault } from './faults.ts';

/** The memory that an update of one tensor works on. */
export interface Operands {
  readonly parameter: RealArray;
  readonly gradient: RealArray;
  readonly average: RealArray | null;
}

export type Scalars = Omit<HostScalars, 'on'> &
  Pick<StepBatch<unknown>, 'dtype' | 'averaging'> &
  Pick<StepItem<unknown>, 'length'>;

/** The update of SPEC.md, element by element, possibly with one fault. */
export function update(
  { parameter: p, gradient, average: ax }: Operands,
  scalars: Scalars,
  fault?: Fault,
): void {
  const { weightDecay, sign, averaging, decay, eta, mu } = scalars;
  const { round, multiplyAdd } = arithmetic(scalars.dtype, fault);
  const length = lengthUnder(fault, scalars.length);
  for (let at = 0; at < length; at++) {
    // Two million elements in, one is updated again in place of the last.
    const i = fault === 'beyond-2-million-twice' && at === length - 1 && at > 2e6 ? 2_000_001 : at;
    const fused = fault === 'products-fused' && i % 4 !== 3;
    const before = p[i] ?? NaN;
    let g = gradient[i] ?? NaN;
    const negated = sign < 0 && fault !== 'maximize-ignored';
    if (negated && fault !== 'maximize-negates-penalty') g = -g;
    const penalized = fault === 'penalty-on-decayed-parameter' ? round(before * decay) : before;
    if (weightDecay !== 0) g = multiplyAdd(weightDecay, penalized, g, fused);
    if (negated && fault === 'maximize-negates-penalty') g = -g;
    if (fault === 'gradient-written') gradient[i] = g;
    const next = multiplyAdd(-eta, g, round(before * decay), fused);
    p[i] = next;
    if (!ax) continue;
    if (averaging === 'copy') {
      ax[i] = fault === 'average-copied-one-update-early' ? before : next;
    } else {
      const newest = fault === 'average-moved-before-parameter' ? before : next;
      const old = ax[i] ?? NaN;
      ax[i] = multiplyAdd(round(newest - old), mu, old, fused);
    }
  }
}

function lengthUnder(fault: Fault | undefined, length: number): number {
  if (fault === 'tail-skipped') return length - (length % 4);
  if (fault === 'end-cut-at-65535-workgroups') return Math.min(length, 65_535 * 64);
  if (fault === 'tail-overrun') return Math.ceil(length / 4) * 4;
  return length;
}

interface Arithmetic {
  round(this: void, value: number): number;
  /** `a * b + c`. */
  multiplyAdd(a: number, b: number, c: number, fused: boolean): number;
}

function arithmetic(dtype: RealDType, fault: Fault | undefined): Arithmetic {
  const round = roundingUnder(fault, dtype);
  return {
    round,
    multiplyAdd: (a, b, c, fused) => (fused ? fma(dtype, a, b, c) : round(c + round(a * b))),
  };
}

/** Chosen once per update, because most of the time is spent here. */
function roundingUnder(fault: Fault | undefined, dtype: RealDType): Arithmetic['round'] {
  const rounding = precisionUnder(fault, dtype) === 'float32' ? Math.fround : (value: number) => value;
  if (fault === 'sign-of-zero-lost') return (value) => rounding(value) + 0;
  if (fault !== 'subnormals-flushed' && fault !== 'smallest-normal-flushed') return rounding;
  return (value) => {
    const rounded = rounding(value);
    const magnitude = Math.abs(rounded);
    const isFlushed =
      fault === 'subnormals-flushed' ? magnitude < smallestNormal[dtype] : magnitude <= smallestNormal[dtype];
    if (rounded === 0 || !isFlushed || Number.isNaN(rounded)) return rounded;
    return rounded > 0 ? 0 : -0;
  };
}

function precisionUnder(fault: Fault | undefined, dtype: RealDType): RealDType {
  if (fault === 'float64-intermediates') return 'float64';
  return fault === 'float64-truncated' ? 'float32' : dtype;
}
