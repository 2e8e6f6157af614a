/// <reference path="./types.d.ts" />

// What one row has to do with the weights: its scores, and its share of an update. Weight `o` of feature `f` is at
// `f * stride + o`, and `averageAt` further is what its average is made of. WebAssembly has its own file of these
// functions, assembly/rows.ts, which does the same operations in the same order two at a time.

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
    even += weights[(indices[at]! as i32) * stride]! * values[at]!;
    odd += weights[(indices[at + 1]! as i32) * stride]! * values[at + 1]!;
  }
  if (at < to) even += weights[(indices[at]! as i32) * stride]! * values[at]!;
  return even + odd;
}

/** The scores of a sparse row, into `scores` from `into` on. */
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
  for (let at = from; at < to; at++) {
    const value = values[at]!;
    const weight = (indices[at]! as i32) * stride;
    for (let o: i32 = 0; o < outputs; o++) {
      scores[into + o] = scores[into + o]! + weights[weight + o]! * value;
    }
  }
}

/** The score of a dense row, when there is one a row. */
export function scoreDense(weights: F64s, stride: i32, values: F64s, from: i32, features: i32): f64 {
  let even: f64 = 0;
  let odd: f64 = 0;
  let f: i32 = 0;
  for (; f < features - 1; f += 2) {
    even += weights[f * stride]! * values[from + f]!;
    odd += weights[f * stride + stride]! * values[from + f + 1]!;
  }
  if (f < features) even += weights[f * stride]! * values[from + f]!;
  return even + odd;
}

/** The scores of a dense row, into `scores` from `into` on. Zeros, of which images are full, are passed over. */
export function scoresDense(
  weights: F64s,
  stride: i32,
  values: F64s,
  from: i32,
  features: i32,
  scores: F64s,
  into: i32,
  outputs: i32,
): void {
  for (let f: i32 = 0; f < features; f++) {
    const value = values[from + f]!;
    if (value === 0) continue;
    const weight = f * stride;
    for (let o: i32 = 0; o < outputs; o++) {
      scores[into + o] = scores[into + o]! + weights[weight + o]! * value;
    }
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
      const weight = (indices[at]! as i32) * stride;
      weights[weight] = weights[weight]! - step * values[at]!;
    }
    return;
  }
  for (let at = from; at < to; at++) {
    const weight = (indices[at]! as i32) * stride;
    const moved = step * values[at]!;
    weights[weight] = weights[weight]! - moved;
    weights[weight + averageAt] = weights[weight + averageAt]! + share * moved;
  }
}

/** `updateSparse` for a dense row. */
export function updateDense(
  weights: F64s,
  stride: i32,
  averageAt: i32,
  values: F64s,
  from: i32,
  features: i32,
  step: f64,
  share: f64,
): void {
  if (share === 0) {
    for (let f: i32 = 0; f < features; f++) {
      const weight = f * stride;
      weights[weight] = weights[weight]! - step * values[from + f]!;
    }
    return;
  }
  for (let f: i32 = 0; f < features; f++) {
    const weight = f * stride;
    const moved = step * values[from + f]!;
    weights[weight] = weights[weight]! - moved;
    weights[weight + averageAt] = weights[weight + averageAt]! + share * moved;
  }
}

/** `updateSparse` for several scores a row, whose steps are in `steps` from `at` on. */
export function updatesSparse(
  weights: F64s,
  stride: i32,
  averageAt: i32,
  indices: U32s,
  values: F64s,
  from: i32,
  to: i32,
  steps: F64s,
  at: i32,
  outputs: i32,
  share: f64,
): void {
  for (let cell = from; cell < to; cell++) {
    const weight = (indices[cell]! as i32) * stride;
    updateFeature(weights, weight, averageAt, values[cell]!, steps, at, outputs, share);
  }
}

/** `updatesSparse` for a dense row. */
export function updatesDense(
  weights: F64s,
  stride: i32,
  averageAt: i32,
  values: F64s,
  from: i32,
  features: i32,
  steps: F64s,
  at: i32,
  outputs: i32,
  share: f64,
): void {
  for (let f: i32 = 0; f < features; f++) {
    const value = values[from + f]!;
    if (value === 0) continue;
    updateFeature(weights, f * stride, averageAt, value, steps, at, outputs, share);
  }
}

/** All weights of one feature, from `weight` on. */
function updateFeature(
  weights: F64s,
  weight: i32,
  averageAt: i32,
  value: f64,
  steps: F64s,
  at: i32,
  outputs: i32,
  share: f64,
): void {
  if (share === 0) {
    for (let o: i32 = 0; o < outputs; o++) {
      weights[weight + o] = weights[weight + o]! - steps[at + o]! * value;
    }
    return;
  }
  const average = weight + averageAt;
  for (let o: i32 = 0; o < outputs; o++) {
    const moved = steps[at + o]! * value;
    weights[weight + o] = weights[weight + o]! - moved;
    weights[average + o] = weights[average + o]! + share * moved;
  }
}
