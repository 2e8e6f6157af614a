import type { SparseMatrix } from '@asgd/linear';

/** Rows and what they are: -1 or 1. */
export interface LabelledRows {
  readonly rows: SparseMatrix;
  readonly labels: Int8Array;
}

/** What a linear classifier learns, and what it is tested on. */
export interface Problem {
  readonly id: string;
  /** For people: `RCV1's shape`. */
  readonly label: string;
  readonly features: number;
  readonly training: LabelledRows;
  readonly test: LabelledRows;
  /** λ of the primal cost, which every program minimizes: λ/2 ‖w‖² + the mean loss. */
  readonly lambd: number;
}

export const losses = ['hinge', 'log'] as const;
export type Loss = (typeof losses)[number];

/** The weights that a program found: one for each feature, then the intercept. */
export type Weights = Float64Array;

/** λ/2 ‖w‖² plus the mean loss of the training rows. The intercept has no penalty. */
export function primalCost({ training, features, lambd }: Problem, loss: Loss, weights: Weights): number {
  const squares = weights.subarray(0, features).reduce((sum, weight) => sum + weight * weight, 0);
  let sum = 0;
  for (const margin of marginsOf(training, weights)) sum += lossOf(loss, margin);
  return (lambd / 2) * squares + sum / training.labels.length;
}

/** The part of the test rows that is put into the wrong class, in percent. */
export function testError({ test }: Problem, weights: Weights): number {
  const wrong = marginsOf(test, weights).filter((margin) => !(margin > 0)).length;
  return (100 * wrong) / test.labels.length;
}

function lossOf(loss: Loss, margin: number): number {
  if (loss === 'hinge') return Math.max(0, 1 - margin);
  return Math.max(0, -margin) + Math.log1p(Math.exp(-Math.abs(margin)));
}

function marginsOf(
  { rows: { data, indices, indptr }, labels }: LabelledRows,
  weights: Weights,
): Float64Array {
  return Float64Array.from(labels, (label, row) => {
    let score = weights.at(-1) ?? NaN;
    const to = indptr[row + 1] ?? 0;
    for (let at = indptr[row] ?? 0; at < to; at++) {
      score += (weights[indices[at] ?? 0] ?? NaN) * (data[at] ?? NaN);
    }
    return label * score;
  });
}
