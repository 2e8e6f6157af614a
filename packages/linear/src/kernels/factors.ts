/// <reference path="./types.d.ts" />

// Averaged SGD at the cost of a row's non-zeros: the update of SPEC.md of @asgd/core, in exact arithmetic, on vectors
// that are scaled instead of touched everywhere. With s = 1 - eta * (lambd + weightDecay), an update is
//
//     w' = s * w - eta * g        a' = (1 - mu) * a + mu * w'
//
// where the gradient g of the loss has as many non-zeros as the rows have. So w and its average a are kept as
//
//     w = scale * W               a = averageScale * (A + share * W)
//
// and what an update does to all of them at once happens to the three factors:
//
//     scale'        = s * scale
//     W'            = W - (eta / scale') * g
//     A'            = A + share * (eta / scale') * g
//     averageScale' = (1 - mu) * averageScale
//     share'        = share + mu * scale' / averageScale'
//
// Put in, these give w' and a': A' + share * W' is A + share * W. While mu is 1 the average is w, which is A = 0,
// averageScale = scale and share = 1. (Xu 2011, arXiv:1107.2490, and Bottou's sgd-2.0 have the idea.)
//
// `fold` multiplies the factors into W and A before they get extreme, and when s is 0 or nearly so. W and A then have the
// scale of the weights, up to the bounds below, which is what the error bound in the README of this package rests on.

// oxlint-disable typescript/no-non-null-assertion -- every index is within bounds: src/engine.ts makes the arrays

import { AVERAGE_SCALE, DECAY, FOLD_AT, INTERCEPT_STEP, SCALE, SHARE } from './state.ts';

/** scale', and what a fold does to the weights. */
export function decay(
  weights: F64s,
  stride: i32,
  averageAt: i32,
  features: i32,
  outputs: i32,
  state: F64s,
  eta: f64,
  mu: f64,
): void {
  const scale = state[SCALE]! * (1 - eta * state[DECAY]!);
  const size = Math.abs(scale);
  const foldAt = state[FOLD_AT]!;
  state[SCALE] = scale;
  if (size * foldAt >= 1 && size <= foldAt) return;
  state[SCALE] = 1;
  if (mu === 1) {
    fold(weights, stride, averageAt, features, outputs, scale, 0, 0);
    return;
  }
  fold(weights, stride, averageAt, features, outputs, scale, state[AVERAGE_SCALE]!, state[SHARE]!);
  state[AVERAGE_SCALE] = 1;
  state[SHARE] = 0;
}

/** averageScale' and share'. */
export function average(state: F64s, mu: f64): void {
  const scale = state[SCALE]!;
  if (mu === 1) {
    state[AVERAGE_SCALE] = scale;
    state[SHARE] = 1;
    return;
  }
  const averageScale = state[AVERAGE_SCALE]! * (1 - mu);
  state[AVERAGE_SCALE] = averageScale;
  state[SHARE] = state[SHARE]! + (mu * scale) / averageScale;
}

/** The update of one intercept, which has no factors and does not decay, and of its average. */
export function moveIntercept(
  intercepts: F64s,
  o: i32,
  outputs: i32,
  state: F64s,
  eta: f64,
  mu: f64,
  slope: f64,
): void {
  const intercept = intercepts[o]! - eta * state[INTERCEPT_STEP]! * slope;
  const averaged = intercepts[outputs + o]!;
  intercepts[o] = intercept;
  intercepts[outputs + o] = mu === 1 ? intercept : averaged + (intercept - averaged) * mu;
}

/** W = scale * W and A = averageScale * (A + share * W). */
function fold(
  weights: F64s,
  stride: i32,
  averageAt: i32,
  features: i32,
  outputs: i32,
  scale: f64,
  averageScale: f64,
  share: f64,
): void {
  for (let f: i32 = 0; f < features; f++) {
    for (let o: i32 = 0; o < outputs; o++) {
      const at = f * stride + o;
      const weight = weights[at]!;
      if (averageScale !== 0) {
        weights[at + averageAt] = averageScale * (weights[at + averageAt]! + share * weight);
      }
      weights[at] = scale * weight;
    }
  }
}
