/// <reference path="./types.d.ts" />

// oxlint-disable typescript/no-non-null-assertion -- every index is within bounds: src/engine.ts makes the arrays

import { average, decay, moveIntercept } from './factors.ts';
import { lossOf, sharedOf, slopeOf } from './losses.ts';
import { differentiate } from './row-loss.ts';
import { scoreDense, scoresDense, scoresDense4, updatesDense, updatesDense4 } from './dense-rows.ts';
import { scoreSparse, scoresSparse, updateSparse, updatesSparse } from './sparse-rows.ts';
import { EPSILON, LOSS_SUM, MEASURE, SCALE, SHARE } from './state.ts';

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
  if (dense === 0 && outputs === 1 && batch === 1) {
    return trainRows(
      loss,
      weights,
      stride,
      averageAt,
      features,
      intercepts,
      state,
      starts,
      indices,
      values,
      targets,
      rowWeights,
      order,
      count,
      etas,
      mus,
    );
  }
  const epsilon = state[EPSILON]!;
  const isMeasured = state[MEASURE]! > 0;
  let done: i32 = 0;
  for (let step: i32 = 0; done < count; step++) {
    const size: i32 = count - done < batch ? count - done : batch;
    const before = state[LOSS_SUM]!;
    const scale = state[SCALE]!;
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
    decay(weights, stride, averageAt, features, outputs, state, eta, mu);
    for (let o: i32 = 0; o < outputs; o++) {
      let slope: f64 = 0;
      for (let r: i32 = 0; r < size; r++) slope += gradient[r * outputs + o]!;
      moveIntercept(intercepts, o, outputs, state, eta, mu, slope);
    }
    const perSlope = eta / state[SCALE]!;
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
      mu === 1 ? 0 : state[SHARE]!,
    );
    average(state, mu);
    done += size;
  }
  return done;
}

/** `train` with a sparse row a step, of one score: the same numbers, without what batches and several scores need. */
function trainRows(
  loss: i32,
  weights: F64s,
  stride: i32,
  averageAt: i32,
  features: i32,
  intercepts: F64s,
  state: F64s,
  starts: U32s,
  indices: U32s,
  values: F64s,
  targets: F64s,
  rowWeights: F64s,
  order: U32s,
  count: i32,
  etas: F64s,
  mus: F64s,
): i32 {
  const epsilon = state[EPSILON]!;
  const isMeasured = state[MEASURE]! > 0;
  for (let step: i32 = 0; step < count; step++) {
    const row = order[step]! as i32;
    const from = starts[row]! as i32;
    const to = starts[row + 1]! as i32;
    const score = scoreSparse(weights, stride, indices, values, from, to) * state[SCALE]! + intercepts[0]!;
    const target = targets[row]!;
    const weight = rowWeights[row]!;
    const shared = sharedOf(loss, score);
    const slope = slopeOf(loss, score, target, epsilon, shared) * weight;
    if (!(Math.abs(score) < Infinity && Math.abs(slope) < Infinity)) return step;
    if (isMeasured) {
      state[LOSS_SUM] = state[LOSS_SUM]! + weight * lossOf(loss, score, target, epsilon, shared);
    }
    const eta = etas[step]!;
    const mu = mus[step]!;
    decay(weights, stride, averageAt, features, 1, state, eta, mu);
    moveIntercept(intercepts, 0, 1, state, eta, mu, slope);
    if (slope !== 0) {
      const share: f64 = mu === 1 ? 0 : state[SHARE]!;
      const moved = (eta / state[SCALE]!) * slope;
      updateSparse(weights, stride, averageAt, indices, values, from, to, moved, share);
    }
    average(state, mu);
  }
  return count;
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
