// oxlint-disable typescript/no-non-null-assertion -- every index is within bounds

import { ASGD, type Parameter } from '@asgd/core';
import { cpu } from '@asgd/cpu';
import type { EngineOptions, Linear } from '../src/engine.ts';
import { differentiate } from '../src/kernels/row-loss.ts';
import type { Examples } from '../src/runner.ts';

/** What the dense rule made of the same rows, and what the bound on the difference rests on. */
export interface Dense {
  readonly last: Linear;
  readonly average: Linear;
  readonly eta: number;
  readonly mu: number;
  readonly steps: number;
  /** The largest ‖w‖ + |b| + ‖eta * g‖ of all steps. */
  readonly largest: number;
}

/** Trains with `ASGD` of core on the cpu backend in float64: every step touches every weight. */
export async function trainDensely(
  options: EngineOptions,
  examples: Examples,
  order: Uint32Array,
): Promise<Dense> {
  const { loss, features, outputs, batch, interceptStep, epsilon, lr, lambd, alpha, t0, weightDecay } =
    options;
  const { table, targets, weights } = examples;
  const backend = await cpu();
  const weight = backend.parameter(new Float64Array(features * outputs), { dtype: 'float64' });
  const intercept = backend.parameter(new Float64Array(outputs), { dtype: 'float64' });
  const optimizer = new ASGD([weight, intercept], { lr, lambd, alpha, t0, weightDecay });
  const gradients = {
    weight: backend.zeros([features * outputs], { dtype: 'float64' }),
    intercept: backend.zeros([outputs], { dtype: 'float64' }),
  };
  weight.grad = gradients.weight;
  intercept.grad = gradients.intercept;
  const [w, b, gw, gb] = [weight, intercept, gradients.weight, gradients.intercept].map(
    (tensor) => tensor.view() as Float64Array,
  ) as [Float64Array, Float64Array, Float64Array, Float64Array];
  const scores = new Float64Array(outputs);
  let largest = 0;
  let steps = 0;
  let eta = Math.fround(lr);
  for (let start = 0; start < order.length; start += batch, steps++) {
    const rows = order.subarray(start, start + batch);
    gw.fill(0);
    gb.fill(0);
    for (const row of rows) {
      const cells = cellsOf(examples, row);
      scores.set(b);
      for (const [f, value] of cells) {
        for (let o = 0; o < outputs; o++) scores[o]! += value * w[f * outputs + o]!;
      }
      differentiate(loss, scores, 0, outputs, targets[row]!, epsilon, false);
      for (let o = 0; o < outputs; o++) {
        const slope = (scores[o]! * weights[row]!) / rows.length;
        for (const [f, value] of cells) gw[f * outputs + o]! += slope * value;
        gb[o]! += slope;
      }
    }
    largest = Math.max(largest, norm(w) + norm(b) + eta * (norm(gw) + norm(gb)));
    // The intercept does not decay: what the update takes from it is given back through its gradient.
    for (let o = 0; o < outputs; o++) gb[o] = interceptStep * gb[o]! - (lambd + weightDecay) * b[o]!;
    optimizer.step();
    eta = stateOf(optimizer, weight).eta;
  }
  largest = Math.max(largest, norm(w) + norm(b));
  const read = (of: (parameter: Parameter) => { view(): ArrayLike<number> }): Linear => ({
    weights: Float64Array.from(of(weight).view()),
    intercepts: Float64Array.from(of(intercept).view()),
  });
  const { mu } = stateOf(optimizer, weight);
  const dense = {
    last: read((p) => p),
    average: read((p) => optimizer.averageOf(p)),
    eta,
    mu,
    steps,
    largest,
  };
  await backend.close();
  return dense;

  function cellsOf(
    { table: { isDense, starts, indices, values } }: Examples,
    row: number,
  ): [number, number][] {
    if (isDense) {
      return Array.from({ length: table.features }, (_, f) => [f, values[row * table.features + f]!]);
    }
    const cells: [number, number][] = [];
    for (let at = starts[row]!; at < starts[row + 1]!; at++) cells.push([indices[at]!, values[at]!]);
    return cells;
  }
}

function stateOf(optimizer: ASGD, parameter: Parameter): { eta: number; mu: number } {
  const state = optimizer.state.get(parameter);
  if (state === undefined) throw new Error('The parameter has taken no step.');
  return state;
}

function norm(vector: Float64Array): number {
  return Math.hypot(...vector);
}

export function distance(a: Linear, b: Linear): number {
  return Math.hypot(
    norm(a.weights.map((w, i) => w - b.weights[i]!)),
    norm(a.intercepts.map((w, i) => w - b.intercepts[i]!)),
  );
}
