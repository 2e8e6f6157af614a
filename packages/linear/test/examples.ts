// oxlint-disable typescript/no-non-null-assertion -- every index is within bounds

import type { Examples } from '../src/runner.ts';
import type { Table } from '../src/table.ts';

/** Numbers from 0 to 1, the same in every run: a linear congruential generator (Numerical Recipes). */
export function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

export interface Made {
  readonly count: number;
  readonly features: number;
  readonly classes: number;
  readonly nonZeros: number;
  readonly isDense?: boolean;
  readonly isWeighted?: boolean;
}

/** Rows of norm at most 1 whose labels a noisy linear model gives. `classes` 0 is for numbers, 2 for -1 and 1. */
export function makeExamples(
  { count, features, classes, nonZeros, isDense = false, isWeighted = false }: Made,
  seed = 1,
): Examples {
  const random = generator(seed);
  const truth = Array.from({ length: features * Math.max(1, classes) }, () => 4 * random() - 2);
  const starts = [0];
  const indices: number[] = [];
  const values: number[] = [];
  const targets: number[] = [];
  for (let row = 0; row < count; row++) {
    const cells = new Map<number, number>();
    if (isDense) for (let f = 0; f < features; f++) cells.set(f, (2 * random() - 1) / Math.sqrt(features));
    else {
      while (cells.size < nonZeros) {
        cells.set(Math.floor(random() * features), (2 * random() - 1) / Math.sqrt(nonZeros));
      }
    }
    const sorted = [...cells].toSorted(([a], [b]) => a - b);
    for (const [index, value] of sorted) {
      indices.push(index);
      values.push(value);
    }
    starts.push(values.length);
    const scoreOf = (o: number): number =>
      sorted.reduce((sum, [f, value]) => sum + value * truth[o * features + f]!, random() - 0.3);
    const scores = Array.from({ length: Math.max(1, classes) }, (_, o) => scoreOf(o));
    if (classes === 0) targets.push(scores[0]!);
    else if (classes === 2) targets.push(scores[0]! > 0 ? 1 : -1);
    else targets.push(scores.indexOf(Math.max(...scores)));
  }
  const table: Table = {
    isDense,
    count,
    features,
    starts: isDense ? new Uint32Array(0) : Uint32Array.from(starts),
    indices: isDense ? new Uint32Array(0) : Uint32Array.from(indices),
    values: Float64Array.from(values),
  };
  const weights = Float64Array.from({ length: count }, () => (isWeighted ? 2 * random() : 1));
  return { table, targets: Float64Array.from(targets), weights };
}

/** `length` row numbers, each of the `count` rows as often, in an order without a pattern. */
export function makeOrder(count: number, length: number, seed = 7): Uint32Array {
  const random = generator(seed);
  return Uint32Array.from({ length }, () => Math.floor(random() * count));
}
