// The update of SPEC.md in float32. JavaScript computes in float64, so every operation is rounded on its own, by
// Math.fround or by the store: a product of two float32 is exact in float64, and a sum of two comes out the same,
// so each result has the bits that float32 hardware gives.
//
// V8 turns each function into conversions and arithmetic alone, as long as it never sees a second type of array.
// Updating and blending a block in two short loops is faster than in one long one: the CPU overlaps them better.

// oxlint-disable typescript/no-non-null-assertion -- every index is within bounds: core checks lengths

import type { StepItem } from '@asgd/core';

const { fround } = Math;

/**
 * Elements of one call. Until V8 puts its best code in a function's place, which it does between calls, Math.fround
 * makes these loops ten times slower: with long loops that lasted thousands of steps, with short ones some hundreds.
 */
const block = 128;

export function step(item: StepItem<Float32Array>, weightDecay: number, maximize: boolean): void {
  const { parameter, average, averaging, mu, length } = item;
  for (let start = 0; start < length; start += block) {
    const end = Math.min(start + block, length);
    if (weightDecay === 0) update(item, maximize, start, end);
    else updateWithWeightDecay(item, weightDecay, maximize, start, end);
    if (averaging === 'blend' && average) blend(average, parameter, mu, start, end);
  }
  if (averaging === 'copy') average?.set(parameter);
}

function update(item: StepItem<Float32Array>, maximize: boolean, start: number, end: number): void {
  const { parameter: p, gradient: g, decay } = item;
  // −eta·(−g) has the bits of eta·g.
  const eta = maximize ? -item.eta : item.eta;
  for (let i = start; i < end; i++) {
    p[i] = fround(p[i]! * decay) - fround(eta * g[i]!);
  }
}

function updateWithWeightDecay(
  item: StepItem<Float32Array>,
  weightDecay: number,
  maximize: boolean,
  start: number,
  end: number,
): void {
  const { parameter: p, gradient: g, decay, eta } = item;
  const sign = maximize ? -1 : 1;
  for (let i = start; i < end; i++) {
    const before = p[i]!;
    const penalized = fround(sign * g[i]! + fround(weightDecay * before));
    p[i] = fround(before * decay) - fround(eta * penalized);
  }
}

function blend(ax: Float32Array, p: Float32Array, mu: number, start: number, end: number): void {
  for (let i = start; i < end; i++) {
    const average = ax[i]!;
    ax[i] = average + fround(fround(p[i]! - average) * mu);
  }
}
