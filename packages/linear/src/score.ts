import type { Linear } from './engine.ts';
import { scoreDense, scoresDense } from './kernels/dense-rows.ts';
import { scoreSparse, scoresSparse } from './kernels/sparse-rows.ts';
import { extent, type Table } from './table.ts';

/** The scores of rows, `outputs` a row. */
export function scoreRows(linear: Linear, table: Table): Float64Array {
  const outputs = linear.intercepts.length;
  const scores = new Float64Array(table.count * outputs);
  for (let row = 0; row < table.count; row++) scoreRow(linear, table, row, scores, row * outputs);
  return scores;
}

/** The scores of one row, into `scores` from `at` on, where there are zeros. */
function scoreRow(
  { weights, intercepts }: Linear,
  table: Table,
  row: number,
  scores: Float64Array,
  at: number,
): void {
  const outputs = intercepts.length;
  const { isDense, features, indices, values } = table;
  const [from, to] = extent(table, row);
  if (outputs === 1) {
    scores[at] = isDense
      ? scoreDense(weights, 1, values, from, features)
      : scoreSparse(weights, 1, indices, values, from, to);
  } else if (isDense) scoresDense(weights, outputs, values, from, features, scores, at, outputs);
  else scoresSparse(weights, outputs, indices, values, from, to, scores, at, outputs);
  for (let o = 0; o < outputs; o++) scores[at + o] = (scores[at + o] ?? 0) + (intercepts[o] ?? 0);
}
