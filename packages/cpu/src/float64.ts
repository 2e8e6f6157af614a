// The update of SPEC.md in float64, where JavaScript rounds every operation as it should. With nothing to convert,
// memory is the bound: one loop that touches each element once is faster than updating and blending by turns.

// oxlint-disable typescript/no-non-null-assertion -- every index is within bounds: core checks lengths

import type { StepItem } from '@asgd/core';

/** Elements of one call of `pass`: see float32.ts. */
const block = 512;

export function step(item: StepItem<Float64Array>, weightDecay: number, maximize: boolean): void {
  const { length } = item;
  for (let start = 0; start < length; start += block) {
    pass(item, weightDecay, maximize, start, Math.min(start + block, length));
  }
}

function pass(
  item: StepItem<Float64Array>,
  weightDecay: number,
  maximize: boolean,
  start: number,
  end: number,
): void {
  const { parameter: p, gradient: g, average: ax, averaging, decay, eta, mu } = item;
  const sign = maximize ? -1 : 1;
  const signedEta = sign * eta; // −eta·(−g) has the bits of eta·g
  if (averaging === 'blend' && ax !== null) {
    if (weightDecay === 0) {
      for (let i = start; i < end; i++) {
        const average = ax[i]!;
        const next = p[i]! * decay - signedEta * g[i]!;
        p[i] = next;
        ax[i] = average + (next - average) * mu;
      }
    } else {
      for (let i = start; i < end; i++) {
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
      for (let i = start; i < end; i++) {
        const next = p[i]! * decay - signedEta * g[i]!;
        p[i] = next;
        ax[i] = next;
      }
    } else {
      for (let i = start; i < end; i++) {
        const before = p[i]!;
        const next = before * decay - eta * (sign * g[i]! + weightDecay * before);
        p[i] = next;
        ax[i] = next;
      }
    }
    return;
  }
  if (weightDecay === 0) {
    for (let i = start; i < end; i++) p[i] = p[i]! * decay - signedEta * g[i]!;
  } else {
    for (let i = start; i < end; i++) {
      const before = p[i]!;
      p[i] = before * decay - eta * (sign * g[i]! + weightDecay * before);
    }
  }
}
