// oxlint-disable typescript/no-non-null-assertion -- every index is within bounds

import type { ASGDClassifier, ASGDRegressor, Chunk, DenseMatrix, Rows } from '../src/index.ts';
import { makeExamples, type Made } from './examples.ts';

/** Rows in every form, with the same numbers. */
interface Data {
  readonly sparse: Rows;
  readonly dense: DenseMatrix;
  readonly lists: number[][];
  readonly targets: Float64Array;
}

/** Rows of three classes, unless it says otherwise. */
export function makeData(made: Partial<Made> = {}): Data {
  const { table, targets } = makeExamples({ count: 300, features: 6, classes: 3, nonZeros: 4, ...made });
  const { count, features, starts, indices, values } = table;
  const data = new Float64Array(count * features);
  for (let row = 0; row < count; row++) {
    for (let at = starts[row]!; at < starts[row + 1]!; at++) {
      data[row * features + indices[at]!] = values[at]!;
    }
  }
  return {
    sparse: { data: values, indices, indptr: starts, shape: [count, features] },
    dense: { data, shape: [count, features] },
    lists: Array.from({ length: count }, (_, row) => [
      ...data.subarray(row * features, (row + 1) * features),
    ]),
    targets,
  };
}

export const names: readonly string[] = ['ham', 'spam', 'unsure'];
const three = makeData();
export const sparse: Rows = three.sparse;
export const dense: DenseMatrix = three.dense;
export const lists: number[][] = three.lists;
export const targets: Float64Array = three.targets;
export const labels: string[] = Array.from(targets, (target) => names[target]!);
export const two: Data = makeData({ classes: 2 });
export const twoLabels: string[] = Array.from(two.targets, (target) => (target < 0 ? 'ham' : 'spam'));
export const numbers: Data = makeData({ classes: 0 });

export async function* streamOf<Name>(...chunks: Chunk<Name>[]): AsyncIterable<Chunk<Name>> {
  yield* chunks;
}

export const weightsOf = (model: ASGDClassifier | ASGDRegressor): number[] => [
  ...model.coef.data,
  ...model.intercept,
];
