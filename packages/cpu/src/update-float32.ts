// The update of SPEC.md in float32, tuned for V8. The reference to read is packages/conformance/src/reference.ts.
//
// JavaScript computes in float64, so Math.fround or the store rounds the result of every operation to float32. That gives
// the bits of float32 hardware. In float64, a product of two float32 numbers is exact, and a sum of two can be rounded
// twice with the result of rounding once, since float64 has enough bits: 53 >= 2 * 24 + 2.
//
// V8 compiles `pass` to conversions and arithmetic alone, as long as it never sees a second type of array. Updating and
// blending a block in two short loops is faster than in one long one: the CPU overlaps them better.

// oxlint-disable typescript/no-non-null-assertion -- every index is within bounds: core checks lengths

import type { Averaging, HostScalars, StepItem } from '@asgd/core';

const { fround } = Math;

/**
 * How many elements one call of `pass` updates. V8 switches to its best code for a function between two calls, after some
 * thousands of them, and until then Math.fround makes the loops ten times slower. So there are many calls. V8 also inlines
 * a function with less than 460 bytes of bytecode, and such loops run at half the speed there. So `pass` is long: it has
 * a loop for every case.
 */
const block = 512;

export function update(item: StepItem<Float32Array>, averaging: Averaging, scalars: HostScalars): void {
  const { length } = item;
  for (let start = 0; start < length; start += block) {
    pass(item, averaging, scalars, start, Math.min(start + block, length));
  }
}

function pass(
  item: StepItem<Float32Array>,
  averaging: Averaging,
  { decay, eta, mu, weightDecay, sign }: HostScalars,
  start: number,
  end: number,
): void {
  const { parameter: p, gradient: g, average: ax } = item;
  const signedEta = sign * eta; // -eta * g has the bits of eta * -g
  if (averaging === 'copy' && ax !== null) {
    if (weightDecay === 0) {
      for (let i = start; i < end; i++) {
        const next = fround(fround(p[i]! * decay) - fround(signedEta * g[i]!));
        p[i] = next;
        ax[i] = next;
      }
    } else {
      for (let i = start; i < end; i++) {
        const before = p[i]!;
        const penalized = fround(sign * g[i]! + fround(weightDecay * before));
        const next = fround(fround(before * decay) - fround(eta * penalized));
        p[i] = next;
        ax[i] = next;
      }
    }
    return;
  }
  if (weightDecay === 0) {
    for (let i = start; i < end; i++) {
      p[i] = fround(p[i]! * decay) - fround(signedEta * g[i]!);
    }
  } else {
    for (let i = start; i < end; i++) {
      const before = p[i]!;
      const penalized = fround(sign * g[i]! + fround(weightDecay * before));
      p[i] = fround(before * decay) - fround(eta * penalized);
    }
  }
  if (averaging === 'blend' && ax !== null) {
    for (let i = start; i < end; i++) {
      const average = ax[i]!;
      ax[i] = average + fround(fround(p[i]! - average) * mu);
    }
  }
}
