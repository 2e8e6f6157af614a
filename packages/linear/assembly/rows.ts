// src/kernels/rows.ts, two numbers at a time. Each number goes through the same operations in the same order there, and
// the tests compare the bits.

function at64(array: F64s, index: i32): usize {
  return changetype<usize>(array) + ((<usize>index) << 3);
}

function sumOf(lanes: v128): f64 {
  return f64x2.extract_lane(lanes, 0) + f64x2.extract_lane(lanes, 1);
}

/** The same sums of even and of odd places, one in each lane. */
export function scoreSparse(weights: F64s, stride: i32, indices: U32s, values: F64s, from: i32, to: i32): f64 {
  let sums = f64x2.splat(0);
  let at = from;
  for (; at < to - 1; at += 2) {
    const first = v128.load64_zero(at64(weights, <i32>indices[at] * stride));
    const both = v128.load_lane<f64>(at64(weights, <i32>indices[at + 1] * stride), first, 1);
    sums = f64x2.add(sums, f64x2.mul(both, v128.load(at64(values, at))));
  }
  if (at < to) {
    const product = weights[<i32>indices[at] * stride] * values[at];
    sums = f64x2.replace_lane(sums, 0, f64x2.extract_lane(sums, 0) + product);
  }
  return sumOf(sums);
}

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
    addFeature(weights, <i32>indices[at] * stride, values[at], scores, into, outputs);
  }
}

export function scoreDense(weights: F64s, stride: i32, values: F64s, from: i32, features: i32): f64 {
  let sums = f64x2.splat(0);
  let f: i32 = 0;
  for (; f < features - 1; f += 2) {
    const first = v128.load64_zero(at64(weights, f * stride));
    const both = v128.load_lane<f64>(at64(weights, f * stride + stride), first, 1);
    sums = f64x2.add(sums, f64x2.mul(both, v128.load(at64(values, from + f))));
  }
  if (f < features) {
    const product = weights[f * stride] * values[from + f];
    sums = f64x2.replace_lane(sums, 0, f64x2.extract_lane(sums, 0) + product);
  }
  return sumOf(sums);
}

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
    const value = values[from + f];
    if (value === 0) continue;
    addFeature(weights, f * stride, value, scores, into, outputs);
  }
}

function addFeature(weights: F64s, weight: i32, value: f64, scores: F64s, into: i32, outputs: i32): void {
  const values = f64x2.splat(value);
  let o: i32 = 0;
  for (; o < outputs - 1; o += 2) {
    const score = at64(scores, into + o);
    v128.store(score, f64x2.add(v128.load(score), f64x2.mul(v128.load(at64(weights, weight + o)), values)));
  }
  if (o < outputs) scores[into + o] = scores[into + o] + weights[weight + o] * value;
}

/** With one score a row, a weight and what its average is made of are next to each other: one load and one store. */
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
      const weight = <i32>indices[at] * stride;
      weights[weight] = weights[weight] - step * values[at];
    }
    return;
  }
  const factors = f64x2.replace_lane(f64x2.splat(-1), 1, share);
  for (let at = from; at < to; at++) {
    updatePair(at64(weights, <i32>indices[at] * stride), step * values[at], factors);
  }
}

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
      weights[weight] = weights[weight] - step * values[from + f];
    }
    return;
  }
  const factors = f64x2.replace_lane(f64x2.splat(-1), 1, share);
  for (let f: i32 = 0; f < features; f++) {
    updatePair(at64(weights, f * stride), step * values[from + f], factors);
  }
}

/** W + -1 * moved has the bits of W - moved. */
function updatePair(pair: usize, moved: f64, factors: v128): void {
  v128.store(pair, f64x2.add(v128.load(pair), f64x2.mul(factors, f64x2.splat(moved))));
}

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
    updateFeature(weights, <i32>indices[cell] * stride, averageAt, values[cell], steps, at, outputs, share);
  }
}

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
    const value = values[from + f];
    if (value === 0) continue;
    updateFeature(weights, f * stride, averageAt, value, steps, at, outputs, share);
  }
}

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
  const values = f64x2.splat(value);
  const shares = f64x2.splat(share);
  let o: i32 = 0;
  for (; o < outputs - 1; o += 2) {
    const moved = f64x2.mul(v128.load(at64(steps, at + o)), values);
    const last = at64(weights, weight + o);
    v128.store(last, f64x2.sub(v128.load(last), moved));
    if (share === 0) continue;
    const average = at64(weights, weight + averageAt + o);
    v128.store(average, f64x2.add(v128.load(average), f64x2.mul(shares, moved)));
  }
  if (o < outputs) {
    const moved = steps[at + o] * value;
    weights[weight + o] = weights[weight + o] - moved;
    if (share !== 0) weights[weight + averageAt + o] = weights[weight + averageAt + o] + share * moved;
  }
}
