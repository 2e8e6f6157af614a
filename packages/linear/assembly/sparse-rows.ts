// src/kernels/sparse-rows.ts, two numbers at a time. Each number goes through the same operations in the same order there,
// and the tests compare the bits. In place of a feature's index, rows have the address of its weights (wasm-runner.ts).

import { at32, at64, sumOf, updatePair } from './lanes';

/** The same sums of even and of odd places, one in each lane. */
export function scoreSparse(
  weights: F64s,
  stride: i32,
  addresses: U32s,
  values: F64s,
  from: i32,
  to: i32,
): f64 {
  let sums = f64x2.splat(0);
  let address = at32(addresses, from);
  let value = at64(values, from);
  const end = at32(addresses, to);
  for (; address + 4 < end; address += 8, value += 16) {
    const first = v128.load64_zero(load<u32>(address));
    const both = v128.load_lane<f64>(load<u32>(address, 4), first, 1);
    sums = f64x2.add(sums, f64x2.mul(both, v128.load(value)));
  }
  if (address < end) {
    const product = load<f64>(load<u32>(address)) * load<f64>(value);
    sums = f64x2.replace_lane(sums, 0, f64x2.extract_lane(sums, 0) + product);
  }
  return sumOf(sums);
}

export function scoresSparse(
  weights: F64s,
  stride: i32,
  addresses: U32s,
  values: F64s,
  from: i32,
  to: i32,
  scores: F64s,
  into: i32,
  outputs: i32,
): void {
  let o: i32 = 0;
  for (; o < outputs - 7; o += 8) {
    let first = f64x2.splat(0);
    let second = f64x2.splat(0);
    let third = f64x2.splat(0);
    let fourth = f64x2.splat(0);
    for (let at = from; at < to; at++) {
      const value = v128.load64_splat(at64(values, at));
      const weight = <usize>addresses[at] + ((<usize>o) << 3);
      first = f64x2.add(first, f64x2.mul(v128.load(weight), value));
      second = f64x2.add(second, f64x2.mul(v128.load(weight, 16), value));
      third = f64x2.add(third, f64x2.mul(v128.load(weight, 32), value));
      fourth = f64x2.add(fourth, f64x2.mul(v128.load(weight, 48), value));
    }
    const score = at64(scores, into + o);
    v128.store(score, first);
    v128.store(score, second, 16);
    v128.store(score, third, 32);
    v128.store(score, fourth, 48);
  }
  for (; o < outputs - 1; o += 2) {
    let sums = f64x2.splat(0);
    for (let at = from; at < to; at++) {
      const weight = v128.load(<usize>addresses[at] + ((<usize>o) << 3));
      sums = f64x2.add(sums, f64x2.mul(weight, v128.load64_splat(at64(values, at))));
    }
    v128.store(at64(scores, into + o), sums);
  }
  if (o < outputs) {
    let sum: f64 = 0;
    for (let at = from; at < to; at++)
      sum += load<f64>(<usize>addresses[at] + ((<usize>o) << 3)) * values[at];
    scores[into + o] = sum;
  }
}

/** A weight and what its average is made of are next to each other: one load and one store. */
export function updateSparse(
  weights: F64s,
  stride: i32,
  averageAt: i32,
  addresses: U32s,
  values: F64s,
  from: i32,
  to: i32,
  step: f64,
  share: f64,
): void {
  let address = at32(addresses, from);
  let value = at64(values, from);
  const end = at32(addresses, to);
  if (share === 0) {
    for (; address < end; address += 4, value += 8) {
      const weight = load<u32>(address);
      store<f64>(weight, load<f64>(weight) - step * load<f64>(value));
    }
    return;
  }
  const factors = f64x2.replace_lane(f64x2.splat(-1), 1, share);
  for (; address < end; address += 4, value += 8) {
    updatePair(load<u32>(address), step * load<f64>(value), factors);
  }
}

export function updatesSparse(
  weights: F64s,
  stride: i32,
  averageAt: i32,
  addresses: U32s,
  values: F64s,
  from: i32,
  to: i32,
  steps: F64s,
  at: i32,
  outputs: i32,
  share: f64,
): void {
  const shares = f64x2.splat(share);
  const toAverage = (<usize>averageAt) << 3;
  const first = at64(steps, at);
  const four = first + ((<usize>(outputs & ~3)) << 3);
  for (let cell = from; cell < to; cell++) {
    const value = v128.load64_splat(at64(values, cell));
    let last = <usize>addresses[cell];
    let step = first;
    if (share === 0) {
      for (; step < four; step += 32, last += 32) {
        v128.store(last, f64x2.sub(v128.load(last), f64x2.mul(v128.load(step), value)));
        v128.store(last, f64x2.sub(v128.load(last, 16), f64x2.mul(v128.load(step, 16), value)), 16);
      }
    } else {
      for (; step < four; step += 32, last += 32) {
        const average = last + toAverage;
        const moved = f64x2.mul(v128.load(step), value);
        const movedNext = f64x2.mul(v128.load(step, 16), value);
        v128.store(last, f64x2.sub(v128.load(last), moved));
        v128.store(last, f64x2.sub(v128.load(last, 16), movedNext), 16);
        v128.store(average, f64x2.add(v128.load(average), f64x2.mul(shares, moved)));
        v128.store(average, f64x2.add(v128.load(average, 16), f64x2.mul(shares, movedNext)), 16);
      }
    }
    if ((outputs & 2) !== 0) {
      const moved = f64x2.mul(v128.load(step), value);
      v128.store(last, f64x2.sub(v128.load(last), moved));
      if (share !== 0) {
        const average = last + toAverage;
        v128.store(average, f64x2.add(v128.load(average), f64x2.mul(shares, moved)));
      }
      step += 16;
      last += 16;
    }
    if ((outputs & 1) !== 0) {
      const moved = load<f64>(step) * values[cell];
      store<f64>(last, load<f64>(last) - moved);
      if (share !== 0) store<f64>(last + toAverage, load<f64>(last + toAverage) + share * moved);
    }
  }
}
