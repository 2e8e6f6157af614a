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

import { differentiate } from './row-loss.ts';
import { scoreDense, scoresDense, scoresDense4, updatesDense, updatesDense4 } from './dense-rows.ts';
import { scoreSparse, scoresSparse, updateSparse, updatesSparse } from './sparse-rows.ts';
import {
  AVERAGE_SCALE,
  DECAY,
  EPSILON,
  FOLD_AT,
  INTERCEPT_STEP,
  LOSS_SUM,
  MEASURE,
  SCALE,
  SHARE,
} from './state.ts';

/**
 * Trains on `count` rows, those that `order` names, `batch` rows a step. Returns how many rows it trained
 * on: fewer only when a score or the gradient of the next batch is not finite, which has then changed nothing.
 * @param indices of sparse rows, whose extents are in `starts`. Dense rows have `dense` 1 and `features` values each
 * @param targets of each row: -1 or 1 or a number for one output, the number of a class for several
 * @param gradient room for `batch` rows
 */
export function train(
  loss: i32,
  weights: F64s,
  stride: i32,
  averageAt: i32,
  features: i32,
  outputs: i32,
  intercepts: F64s,
  state: F64s,
  dense: i32,
  starts: U32s,
  indices: U32s,
  values: F64s,
  targets: F64s,
  rowWeights: F64s,
  order: U32s,
  count: i32,
  batch: i32,
  etas: F64s,
  mus: F64s,
  gradient: F64s,
): i32 {
  const decay = state[DECAY]!;
  const interceptStep = state[INTERCEPT_STEP]!;
  const foldAt = state[FOLD_AT]!;
  const epsilon = state[EPSILON]!;
  const isMeasured = state[MEASURE]! > 0;
  let scale = state[SCALE]!;
  let averageScale = state[AVERAGE_SCALE]!;
  let share = state[SHARE]!;
  let done: i32 = 0;
  for (let step: i32 = 0; done < count; step++) {
    const size: i32 = count - done < batch ? count - done : batch;
    const before = state[LOSS_SUM]!;
    let isFinite = true;
    scoreBatch(
      weights,
      stride,
      features,
      outputs,
      dense,
      starts,
      indices,
      values,
      order,
      done,
      size,
      gradient,
    );
    for (let r: i32 = 0; r < size; r++) {
      const row = order[done + r]! as i32;
      const at = r * outputs;
      for (let o: i32 = 0; o < outputs; o++) {
        const score = gradient[at + o]! * scale + intercepts[o]!;
        gradient[at + o] = score;
        if (!(Math.abs(score) < Infinity)) isFinite = false;
      }
      const weight = rowWeights[row]!;
      const found = differentiate(loss, gradient, at, outputs, targets[row]!, epsilon, isMeasured);
      state[LOSS_SUM] = state[LOSS_SUM]! + weight * found;
      for (let o: i32 = 0; o < outputs; o++) {
        const slope = (gradient[at + o]! * weight) / size;
        gradient[at + o] = slope;
        if (!(Math.abs(slope) < Infinity)) isFinite = false;
      }
    }
    if (!isFinite) {
      state[LOSS_SUM] = before;
      break;
    }
    const eta = etas[step]!;
    const mu = mus[step]!;
    scale *= 1 - eta * decay;
    if (!(Math.abs(scale) >= 1 / foldAt && Math.abs(scale) <= foldAt)) {
      if (mu === 1) {
        fold(weights, stride, averageAt, features, outputs, scale, 0, 0);
      } else {
        fold(weights, stride, averageAt, features, outputs, scale, averageScale, share);
        averageScale = 1;
        share = 0;
      }
      scale = 1;
    }
    for (let o: i32 = 0; o < outputs; o++) {
      let slope: f64 = 0;
      for (let r: i32 = 0; r < size; r++) slope += gradient[r * outputs + o]!;
      const intercept = intercepts[o]! - eta * interceptStep * slope;
      const average = intercepts[outputs + o]!;
      intercepts[o] = intercept;
      intercepts[outputs + o] = mu === 1 ? intercept : average + (intercept - average) * mu;
    }
    const perSlope = eta / scale;
    const blended: f64 = mu === 1 ? 0 : share;
    for (let at: i32 = 0; at < size * outputs; at++) gradient[at] = perSlope * gradient[at]!;
    updateBatch(
      weights,
      stride,
      averageAt,
      features,
      outputs,
      dense,
      starts,
      indices,
      values,
      order,
      done,
      size,
      gradient,
      blended,
    );
    if (mu === 1) {
      averageScale = scale;
      share = 1;
    } else {
      averageScale *= 1 - mu;
      share += (mu * scale) / averageScale;
    }
    done += size;
  }
  state[SCALE] = scale;
  state[AVERAGE_SCALE] = averageScale;
  state[SHARE] = share;
  return done;
}

/** The scores of a batch, without factors and intercepts, into `scores`. */
function scoreBatch(
  weights: F64s,
  stride: i32,
  features: i32,
  outputs: i32,
  dense: i32,
  starts: U32s,
  indices: U32s,
  values: F64s,
  order: U32s,
  first: i32,
  size: i32,
  scores: F64s,
): void {
  let r: i32 = 0;
  if (dense === 1 && outputs > 1) {
    for (; r < size - 3; r += 4) {
      scoresDense4(weights, stride, values, order, first + r, features, scores, r * outputs, outputs);
    }
  }
  for (; r < size; r++) {
    const row = order[first + r]! as i32;
    const at = r * outputs;
    const from: i32 = dense === 1 ? row * features : (starts[row]! as i32);
    const to: i32 = dense === 1 ? from + features : (starts[row + 1]! as i32);
    if (dense === 1) {
      if (outputs === 1) scores[at] = scoreDense(weights, stride, values, from, features);
      else scoresDense(weights, stride, values, from, features, scores, at, outputs);
    } else if (outputs === 1) {
      scores[at] = scoreSparse(weights, stride, indices, values, from, to);
    } else {
      scoresSparse(weights, stride, indices, values, from, to, scores, at, outputs);
    }
  }
}

/** Takes a batch's steps, which are in `steps`, from the weights. Rows that need none are passed over. */
function updateBatch(
  weights: F64s,
  stride: i32,
  averageAt: i32,
  features: i32,
  outputs: i32,
  dense: i32,
  starts: U32s,
  indices: U32s,
  values: F64s,
  order: U32s,
  first: i32,
  size: i32,
  steps: F64s,
  share: f64,
): void {
  let r: i32 = 0;
  if (dense === 1) {
    for (; r < size - 3; r += 4) {
      const at = r * outputs;
      if (areZeros(steps, at, 4 * outputs)) continue;
      updatesDense4(
        weights,
        stride,
        averageAt,
        values,
        order,
        first + r,
        features,
        steps,
        at,
        outputs,
        share,
      );
    }
  }
  for (; r < size; r++) {
    const at = r * outputs;
    if (areZeros(steps, at, outputs)) continue;
    const row = order[first + r]! as i32;
    if (dense === 1) {
      const from = row * features;
      updatesDense(weights, stride, averageAt, values, from, features, steps, at, outputs, share);
      continue;
    }
    const from = starts[row]! as i32;
    const to = starts[row + 1]! as i32;
    if (outputs === 1) {
      updateSparse(weights, stride, averageAt, indices, values, from, to, steps[at]!, share);
    } else {
      updatesSparse(weights, stride, averageAt, indices, values, from, to, steps, at, outputs, share);
    }
  }
}

function areZeros(numbers: F64s, from: i32, count: i32): boolean {
  for (let at = from; at < from + count; at++) if (numbers[at]! !== 0) return false;
  return true;
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
