import type { Rows } from '../data/rows.ts';

/** Arrays for the numbers of a model or of its gradient. */
type Numbers = Float32Array | Float64Array;

/**
 * A linear model, or the gradient of one. The weight of feature f for output o is `weight[f * outputs + o]`, so that
 * the weights of one feature are next to each other. `bias` has one number per output.
 */
export interface Linear {
  readonly weight: Numbers;
  readonly bias: Numbers;
}

/** Writes a row's scores, one per output, summed in float64 whatever the model's dtype. */
export function score(model: Linear, rows: Rows, row: number, scores: Float64Array): void {
  const { weight, bias } = model;
  const outputs = scores.length;
  for (let o = 0; o < outputs; o += 1) scores[o] = bias[o] ?? 0;
  const { values } = rows;
  const [start, end] = extent(rows, row);
  for (let i = start; i < end; i += 1) {
    const value = values[i] ?? 0;
    const first = (rows.layout === 'dense' ? i - start : (rows.indices[i] ?? 0)) * outputs;
    for (let o = 0; o < outputs; o += 1) scores[o] = (scores[o] ?? 0) + value * (weight[first + o] ?? 0);
  }
}

/** Adds one row's gradient, given `scale` times the derivatives of the loss with respect to the row's scores. */
export function accumulate(
  gradient: Linear,
  rows: Rows,
  row: number,
  derivatives: Float64Array,
  scale: number,
): void {
  const { weight, bias } = gradient;
  const outputs = derivatives.length;
  for (let o = 0; o < outputs; o += 1) {
    const derivative = (derivatives[o] ?? 0) * scale;
    derivatives[o] = derivative;
    bias[o] = (bias[o] ?? 0) + derivative;
  }
  const { values } = rows;
  const [start, end] = extent(rows, row);
  for (let i = start; i < end; i += 1) {
    const value = values[i] ?? 0;
    const first = (rows.layout === 'dense' ? i - start : (rows.indices[i] ?? 0)) * outputs;
    for (let o = 0; o < outputs; o += 1) {
      weight[first + o] = (weight[first + o] ?? 0) + value * (derivatives[o] ?? 0);
    }
  }
}

/** Where a row's values begin and end. */
function extent(rows: Rows, row: number): readonly [number, number] {
  if (rows.layout === 'dense') return [row * rows.width, (row + 1) * rows.width];
  return [rows.starts[row] ?? 0, rows.starts[row + 1] ?? 0];
}
