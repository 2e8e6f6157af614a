/// <reference path="./types.d.ts" />

// What a sparse row has to do with the weights: its scores, and its share of an update. Weight `o` of feature `f` is at
// `f * stride + o`, and `averageAt` further is what its average is made of. WebAssembly has its own file of these
// functions, assembly/sparse-rows.ts, which does the same operations in the same order, two at a time.

// oxlint-disable typescript/no-non-null-assertion -- every index is within bounds: src/rows.ts checks what rows hold

/** The score of a sparse row, when there is one a row. Two sums: an addition need not wait for the one before it. */
export function scoreSparse(
  weights: F64s,
  stride: i32,
  indices: U32s,
  values: F64s,
  from: i32,
  to: i32,
): f64 {
  let even: f64 = 0;
  let odd: f64 = 0;
  let at = from;
  for (; at < to - 1; at += 2) {
    even += weights[Math.imul(indices[at]!, stride)]! * values[at]!;
    odd += weights[Math.imul(indices[at + 1]!, stride)]! * values[at + 1]!;
  }
  if (at < to) even += weights[Math.imul(indices[at]!, stride)]! * values[at]!;
  return even + odd;
}

/** The scores of a sparse row, into `scores` from `into` on: four at a time, so that their sums are in registers. */
export function scoresSparse(
  weights: F64s,
  stride: i32,
  indices: U32s,
  values: F64s,
  from: i32,
  to: i32,
  scores: F64s,
  into: i32,
  outputs: i32,
): void {
  let o: i32 = 0;
  for (; o < outputs - 3; o += 4) {
    let first: f64 = 0;
    let second: f64 = 0;
    let third: f64 = 0;
    let fourth: f64 = 0;
    for (let at = from; at < to; at++) {
      const value = values[at]!;
      const weight = Math.imul(indices[at]!, stride) + o;
      first += weights[weight]! * value;
      second += weights[weight + 1]! * value;
      third += weights[weight + 2]! * value;
      fourth += weights[weight + 3]! * value;
    }
    scores[into + o] = first;
    scores[into + o + 1] = second;
    scores[into + o + 2] = third;
    scores[into + o + 3] = fourth;
  }
  for (; o < outputs; o++) {
    let sum: f64 = 0;
    for (let at = from; at < to; at++) sum += weights[Math.imul(indices[at]!, stride) + o]! * values[at]!;
    scores[into + o] = sum;
  }
}

/** W -= step * x, and unless `share` is 0, A += share * step * x, where there is one score a row. */
export function updateSparse(
  weights: F64s,
  stride: i32,
  averageAt: i32,
  indices: U32s,
  values: F64s,
  from: i32,
  to: i32,
  step: f64,
  share: f64,
): void {
  if (share === 0) {
    for (let at = from; at < to; at++) {
      const weight = Math.imul(indices[at]!, stride);
      weights[weight] = weights[weight]! - step * values[at]!;
    }
    return;
  }
  for (let at = from; at < to; at++) {
    const weight = Math.imul(indices[at]!, stride);
    const moved = step * values[at]!;
    weights[weight] = weights[weight]! - moved;
    weights[weight + averageAt] = weights[weight + averageAt]! + share * moved;
  }
}

/** `updateSparse` for several scores a row, whose steps are in `steps` from `into` on. */
export function updatesSparse(
  weights: F64s,
  stride: i32,
  averageAt: i32,
  indices: U32s,
  values: F64s,
  from: i32,
  to: i32,
  steps: F64s,
  into: i32,
  outputs: i32,
  share: f64,
): void {
  for (let at = from; at < to; at++) {
    const value = values[at]!;
    const weight = Math.imul(indices[at]!, stride);
    if (share === 0) {
      for (let o: i32 = 0; o < outputs; o++) {
        weights[weight + o] = weights[weight + o]! - steps[into + o]! * value;
      }
      continue;
    }
    const average = weight + averageAt;
    for (let o: i32 = 0; o < outputs; o++) {
      const moved = steps[into + o]! * value;
      weights[weight + o] = weights[weight + o]! - moved;
      weights[average + o] = weights[average + o]! + share * moved;
    }
  }
}
