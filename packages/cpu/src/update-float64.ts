// The update of SPEC.md in float64, tuned for V8. The reference to read is packages/conformance/src/reference.ts.
//
// JavaScript rounds every operation to float64 already. Without conversions, memory is the bottleneck: one loop that
// visits each element once is faster than two that update and blend in turn.

// oxlint-disable typescript/no-non-null-assertion -- every index is within bounds: core checks lengths

import type { Averaging, HostScalars, StepItem } from '@asgd/core';

/** How many elements one call of `pass` updates: see update-float32.ts. */
const block = 512;

/** Far below 2^31: `pass` counts in int32. */
const longest = 2 ** 30;

/** @param most longer tensors are updated in parts of this length */
export function update(
  item: StepItem<Float64Array>,
  averaging: Averaging,
  scalars: HostScalars,
  most: number = longest,
): void {
  const { length } = item;
  if (length > most) {
    for (let start = 0; start < length; start += most) {
      update(partOf(item, start, Math.min(start + most, length)), averaging, scalars);
    }
    return;
  }
  for (let start = 0; start < length; start += block) {
    pass(item, averaging, scalars, start, Math.min(start + block, length));
  }
}

function partOf(item: StepItem<Float64Array>, start: number, end: number): StepItem<Float64Array> {
  return {
    ...item,
    parameter: item.parameter.subarray(start, end),
    gradient: item.gradient.subarray(start, end),
    average: item.average?.subarray(start, end) ?? null,
    length: end - start,
  };
}

function pass(
  item: StepItem<Float64Array>,
  averaging: Averaging,
  { decay, eta, mu, weightDecay, sign }: HostScalars,
  start: number,
  end: number,
): void {
  const { parameter: p, gradient: g, average: ax } = item;
  // V8 checks less when it knows that it counts in int32: some loops take a third less time, and none takes more.
  const from = start | 0;
  const to = end | 0;
  const signedEta = sign * eta; // -eta * g has the bits of eta * -g
  if (averaging === 'blend' && ax !== null) {
    if (weightDecay === 0) {
      for (let i = from; i < to; i++) {
        const average = ax[i]!;
        const next = p[i]! * decay - signedEta * g[i]!;
        p[i] = next;
        ax[i] = average + (next - average) * mu;
      }
    } else {
      for (let i = from; i < to; i++) {
        const before = p[i]!;
        const average = ax[i]!;
        const next = before * decay - eta * (sign * g[i]! + weightDecay * before);
        p[i] = next;
        ax[i] = average + (next - average) * mu;
      }
    }
    return;
  }
  if (averaging === 'copy' && ax !== null) {
    if (weightDecay === 0) {
      for (let i = from; i < to; i++) {
        const next = p[i]! * decay - signedEta * g[i]!;
        p[i] = next;
        ax[i] = next;
      }
    } else {
      for (let i = from; i < to; i++) {
        const before = p[i]!;
        const next = before * decay - eta * (sign * g[i]! + weightDecay * before);
        p[i] = next;
        ax[i] = next;
      }
    }
    return;
  }
  if (weightDecay === 0) {
    for (let i = from; i < to; i++) p[i] = p[i]! * decay - signedEta * g[i]!;
  } else {
    for (let i = from; i < to; i++) {
      const before = p[i]!;
      p[i] = before * decay - eta * (sign * g[i]! + weightDecay * before);
    }
  }
}
