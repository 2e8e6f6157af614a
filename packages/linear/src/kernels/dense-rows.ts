/// <reference path="./types.d.ts" />

// What sparse-rows.ts does, for dense rows: they go four at a time, so that the scores of a batch are a product of
// matrices, and its update is another one. What is loaded of the weights, or of a row, serves several products. A score
// is summed in the order of features; a weight takes the sum of what four rows give, in the order of rows. WebAssembly has
// its own file of these functions, assembly/dense-rows.ts.

// oxlint-disable typescript/no-non-null-assertion -- every index is within bounds: src/rows.ts checks what rows hold

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

/** The scores of a dense row, into `scores` from `into` on. */
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
    let first: f64 = 0;
    let second: f64 = 0;
    let third: f64 = 0;
    let fourth: f64 = 0;
    for (let f: i32 = 0; f < features; f++) {
      const value = values[from + f]!;
      const weight = f * stride + o;
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
    for (let f: i32 = 0; f < features; f++) sum += weights[f * stride + o]! * values[from + f]!;
    scores[into + o] = sum;
  }
}

/** `scoresDense` of the four rows that `order` names from `first` on. */
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
  const row0 = (order[first]! as i32) * features;
  const row1 = (order[first + 1]! as i32) * features;
  const row2 = (order[first + 2]! as i32) * features;
  const row3 = (order[first + 3]! as i32) * features;
  let o: i32 = 0;
  for (; o < outputs - 1; o += 2) {
    let even0: f64 = 0;
    let even1: f64 = 0;
    let even2: f64 = 0;
    let even3: f64 = 0;
    let odd0: f64 = 0;
    let odd1: f64 = 0;
    let odd2: f64 = 0;
    let odd3: f64 = 0;
    for (let f: i32 = 0; f < features; f++) {
      const even = weights[f * stride + o]!;
      const odd = weights[f * stride + o + 1]!;
      const value0 = values[row0 + f]!;
      const value1 = values[row1 + f]!;
      const value2 = values[row2 + f]!;
      const value3 = values[row3 + f]!;
      even0 += even * value0;
      odd0 += odd * value0;
      even1 += even * value1;
      odd1 += odd * value1;
      even2 += even * value2;
      odd2 += odd * value2;
      even3 += even * value3;
      odd3 += odd * value3;
    }
    scores[into + o] = even0;
    scores[into + o + 1] = odd0;
    scores[into + outputs + o] = even1;
    scores[into + outputs + o + 1] = odd1;
    scores[into + 2 * outputs + o] = even2;
    scores[into + 2 * outputs + o + 1] = odd2;
    scores[into + 3 * outputs + o] = even3;
    scores[into + 3 * outputs + o + 1] = odd3;
  }
  if (o < outputs) {
    let sum0: f64 = 0;
    let sum1: f64 = 0;
    let sum2: f64 = 0;
    let sum3: f64 = 0;
    for (let f: i32 = 0; f < features; f++) {
      const weight = weights[f * stride + o]!;
      sum0 += weight * values[row0 + f]!;
      sum1 += weight * values[row1 + f]!;
      sum2 += weight * values[row2 + f]!;
      sum3 += weight * values[row3 + f]!;
    }
    scores[into + o] = sum0;
    scores[into + outputs + o] = sum1;
    scores[into + 2 * outputs + o] = sum2;
    scores[into + 3 * outputs + o] = sum3;
  }
}

/** W -= step * x, and unless `share` is 0, A += share * step * x, for each of the `outputs`. Their steps are in `steps` from `into` on. */
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
  for (let o: i32 = 0; o < outputs; o++) {
    const step = steps[into + o]!;
    if (share === 0) {
      for (let f: i32 = 0; f < features; f++) {
        const weight = f * stride + o;
        weights[weight] = weights[weight]! - step * values[from + f]!;
      }
      continue;
    }
    for (let f: i32 = 0; f < features; f++) {
      const weight = f * stride + o;
      const moved = step * values[from + f]!;
      weights[weight] = weights[weight]! - moved;
      weights[weight + averageAt] = weights[weight + averageAt]! + share * moved;
    }
  }
}

/** `updatesDense` of the four rows that `order` names from `first` on. */
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
  const row0 = (order[first]! as i32) * features;
  const row1 = (order[first + 1]! as i32) * features;
  const row2 = (order[first + 2]! as i32) * features;
  const row3 = (order[first + 3]! as i32) * features;
  for (let o: i32 = 0; o < outputs; o++) {
    const step0 = steps[into + o]!;
    const step1 = steps[into + outputs + o]!;
    const step2 = steps[into + 2 * outputs + o]!;
    const step3 = steps[into + 3 * outputs + o]!;
    for (let f: i32 = 0; f < features; f++) {
      const weight = f * stride + o;
      const moved =
        step0 * values[row0 + f]! +
        step1 * values[row1 + f]! +
        step2 * values[row2 + f]! +
        step3 * values[row3 + f]!;
      weights[weight] = weights[weight]! - moved;
      if (share !== 0) weights[weight + averageAt] = weights[weight + averageAt]! + share * moved;
    }
  }
}
