// The update of SPEC.md in float64, where JavaScript rounds every operation as it should. With nothing to convert,
// memory is the bound: one loop that touches each element once is faster than updating and blending by turns.

// oxlint-disable typescript/no-non-null-assertion -- every index is within bounds: core checks lengths

import type { StepItem } from '@asgd/core';

export function step(item: StepItem<Float64Array>, weightDecay: number, maximize: boolean): void {
  const { parameter, average, averaging } = item;
  if (averaging === 'blend' && average) {
    if (weightDecay === 0) updateAndBlend(item, average, maximize);
    else updateAndBlendWithWeightDecay(item, average, weightDecay, maximize);
    return;
  }
  if (weightDecay === 0) update(item, maximize);
  else updateWithWeightDecay(item, weightDecay, maximize);
  if (averaging === 'copy') average?.set(parameter);
}

function update(item: StepItem<Float64Array>, maximize: boolean): void {
  const { parameter: p, gradient: g, decay, length } = item;
  // −eta·(−g) has the bits of eta·g.
  const eta = maximize ? -item.eta : item.eta;
  for (let i = 0; i < length; i++) {
    p[i] = p[i]! * decay - eta * g[i]!;
  }
}

function updateAndBlend(item: StepItem<Float64Array>, ax: Float64Array, maximize: boolean): void {
  const { parameter: p, gradient: g, decay, mu, length } = item;
  const eta = maximize ? -item.eta : item.eta;
  for (let i = 0; i < length; i++) {
    const next = p[i]! * decay - eta * g[i]!;
    const average = ax[i]!;
    p[i] = next;
    ax[i] = average + (next - average) * mu;
  }
}

function updateWithWeightDecay(item: StepItem<Float64Array>, weightDecay: number, maximize: boolean): void {
  const { parameter: p, gradient: g, decay, eta, length } = item;
  const sign = maximize ? -1 : 1;
  for (let i = 0; i < length; i++) {
    const before = p[i]!;
    p[i] = before * decay - eta * (sign * g[i]! + weightDecay * before);
  }
}

function updateAndBlendWithWeightDecay(
  item: StepItem<Float64Array>,
  ax: Float64Array,
  weightDecay: number,
  maximize: boolean,
): void {
  const { parameter: p, gradient: g, decay, eta, mu, length } = item;
  const sign = maximize ? -1 : 1;
  for (let i = 0; i < length; i++) {
    const before = p[i]!;
    const next = before * decay - eta * (sign * g[i]! + weightDecay * before);
    const average = ax[i]!;
    p[i] = next;
    ax[i] = average + (next - average) * mu;
  }
}
