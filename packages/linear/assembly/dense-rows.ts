// src/kernels/dense-rows.ts, two numbers at a time. Each number goes through the same operations in the same order there,
// and the tests compare the bits.

import { at64, sumOf, updatePair } from './lanes';

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
  let o: i32 = 0;
  for (; o < outputs - 3; o += 4) {
    let first = f64x2.splat(0);
    let second = f64x2.splat(0);
    for (let f: i32 = 0; f < features; f++) {
      const value = v128.load64_splat(at64(values, from + f));
      const weight = at64(weights, f * stride + o);
      first = f64x2.add(first, f64x2.mul(v128.load(weight), value));
      second = f64x2.add(second, f64x2.mul(v128.load(weight, 16), value));
    }
    v128.store(at64(scores, into + o), first);
    v128.store(at64(scores, into + o), second, 16);
  }
  for (; o < outputs - 1; o += 2) {
    let sums = f64x2.splat(0);
    for (let f: i32 = 0; f < features; f++) {
      const value = v128.load64_splat(at64(values, from + f));
      sums = f64x2.add(sums, f64x2.mul(v128.load(at64(weights, f * stride + o)), value));
    }
    v128.store(at64(scores, into + o), sums);
  }
  if (o < outputs) {
    let sum: f64 = 0;
    for (let f: i32 = 0; f < features; f++) sum += weights[f * stride + o] * values[from + f];
    scores[into + o] = sum;
  }
}

export function scoresDense4(
  weights: F64s,
  stride: i32,
  values: F64s,
  order: U32s,
  first: i32,
  features: i32,
  scores: F64s,
  into: i32,
  outputs: i32,
): void {
  const row0 = <i32>order[first] * features;
  const row1 = <i32>order[first + 1] * features;
  const row2 = <i32>order[first + 2] * features;
  const row3 = <i32>order[first + 3] * features;
  let o: i32 = 0;
  for (; o < outputs - 1; o += 2) {
    let sums0 = f64x2.splat(0);
    let sums1 = f64x2.splat(0);
    let sums2 = f64x2.splat(0);
    let sums3 = f64x2.splat(0);
    for (let f: i32 = 0; f < features; f++) {
      const weight = v128.load(at64(weights, f * stride + o));
      sums0 = f64x2.add(sums0, f64x2.mul(weight, v128.load64_splat(at64(values, row0 + f))));
      sums1 = f64x2.add(sums1, f64x2.mul(weight, v128.load64_splat(at64(values, row1 + f))));
      sums2 = f64x2.add(sums2, f64x2.mul(weight, v128.load64_splat(at64(values, row2 + f))));
      sums3 = f64x2.add(sums3, f64x2.mul(weight, v128.load64_splat(at64(values, row3 + f))));
    }
    v128.store(at64(scores, into + o), sums0);
    v128.store(at64(scores, into + outputs + o), sums1);
    v128.store(at64(scores, into + 2 * outputs + o), sums2);
    v128.store(at64(scores, into + 3 * outputs + o), sums3);
  }
  if (o < outputs) {
    let sum0: f64 = 0;
    let sum1: f64 = 0;
    let sum2: f64 = 0;
    let sum3: f64 = 0;
    for (let f: i32 = 0; f < features; f++) {
      const weight = weights[f * stride + o];
      sum0 += weight * values[row0 + f];
      sum1 += weight * values[row1 + f];
      sum2 += weight * values[row2 + f];
      sum3 += weight * values[row3 + f];
    }
    scores[into + o] = sum0;
    scores[into + outputs + o] = sum1;
    scores[into + 2 * outputs + o] = sum2;
    scores[into + 3 * outputs + o] = sum3;
  }
}

function updateOne(
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

export function updatesDense(
  weights: F64s,
  stride: i32,
  averageAt: i32,
  values: F64s,
  from: i32,
  features: i32,
  steps: F64s,
  into: i32,
  outputs: i32,
  share: f64,
): void {
  if (outputs === 1) {
    updateOne(weights, stride, averageAt, values, from, features, steps[into], share);
    return;
  }
  for (let f: i32 = 0; f < features; f++) {
    const value = values[from + f];
    const values2 = f64x2.splat(value);
    let o: i32 = 0;
    for (; o < outputs - 1; o += 2) {
      move(
        at64(weights, f * stride + o),
        averageAt,
        f64x2.mul(v128.load(at64(steps, into + o)), values2),
        share,
      );
    }
    if (o < outputs) moveOne(weights, f * stride + o, averageAt, steps[into + o] * value, share);
  }
}

export function updatesDense4(
  weights: F64s,
  stride: i32,
  averageAt: i32,
  values: F64s,
  order: U32s,
  first: i32,
  features: i32,
  steps: F64s,
  into: i32,
  outputs: i32,
  share: f64,
): void {
  const row0 = <i32>order[first] * features;
  const row1 = <i32>order[first + 1] * features;
  const row2 = <i32>order[first + 2] * features;
  const row3 = <i32>order[first + 3] * features;
  let o: i32 = 0;
  for (; o < outputs - 1; o += 2) {
    const step0 = v128.load(at64(steps, into + o));
    const step1 = v128.load(at64(steps, into + outputs + o));
    const step2 = v128.load(at64(steps, into + 2 * outputs + o));
    const step3 = v128.load(at64(steps, into + 3 * outputs + o));
    for (let f: i32 = 0; f < features; f++) {
      let moved = f64x2.mul(step0, v128.load64_splat(at64(values, row0 + f)));
      moved = f64x2.add(moved, f64x2.mul(step1, v128.load64_splat(at64(values, row1 + f))));
      moved = f64x2.add(moved, f64x2.mul(step2, v128.load64_splat(at64(values, row2 + f))));
      moved = f64x2.add(moved, f64x2.mul(step3, v128.load64_splat(at64(values, row3 + f))));
      move(at64(weights, f * stride + o), averageAt, moved, share);
    }
  }
  if (o === outputs) return;
  const step0 = steps[into + o];
  const step1 = steps[into + outputs + o];
  const step2 = steps[into + 2 * outputs + o];
  const step3 = steps[into + 3 * outputs + o];
  let f: i32 = 0;
  if (outputs === 1 && share !== 0) {
    const factors = f64x2.replace_lane(f64x2.splat(-1), 1, share);
    for (; f < features - 1; f += 2) {
      let moved = f64x2.mul(f64x2.splat(step0), v128.load(at64(values, row0 + f)));
      moved = f64x2.add(moved, f64x2.mul(f64x2.splat(step1), v128.load(at64(values, row1 + f))));
      moved = f64x2.add(moved, f64x2.mul(f64x2.splat(step2), v128.load(at64(values, row2 + f))));
      moved = f64x2.add(moved, f64x2.mul(f64x2.splat(step3), v128.load(at64(values, row3 + f))));
      updatePair(at64(weights, f * stride), f64x2.extract_lane(moved, 0), factors);
      updatePair(at64(weights, f * stride + stride), f64x2.extract_lane(moved, 1), factors);
    }
  }
  for (; f < features; f++) {
    const moved =
      step0 * values[row0 + f] +
      step1 * values[row1 + f] +
      step2 * values[row2 + f] +
      step3 * values[row3 + f];
    moveOne(weights, f * stride + o, averageAt, moved, share);
  }
}

function move(weight: usize, averageAt: i32, moved: v128, share: f64): void {
  v128.store(weight, f64x2.sub(v128.load(weight), moved));
  if (share === 0) return;
  const average = weight + ((<usize>averageAt) << 3);
  v128.store(average, f64x2.add(v128.load(average), f64x2.mul(f64x2.splat(share), moved)));
}

function moveOne(weights: F64s, weight: i32, averageAt: i32, moved: f64, share: f64): void {
  weights[weight] = weights[weight] - moved;
  if (share !== 0) weights[weight + averageAt] = weights[weight + averageAt] + share * moved;
}
