/// <reference path="./types.d.ts" />

// The loss of a row, which may have several scores.

// oxlint-disable typescript/no-non-null-assertion -- every index is within bounds: the caller has as many scores

import { exp, log } from './exp.ts';
import { LOG, lossOf, sigmoidOf, slopeOf, SOFTMAX, softplus } from './losses.ts';
import { largest, softmax, softmaxLoss } from './softmax.ts';

function targetOf(o: i32, outputs: i32, target: f64): f64 {
  if (outputs === 1) return target;
  return o === target ? 1 : -1;
}

/** The loss of a row's scores. Where a loss is of one score, several are one classifier each: one against the rest. */
export function rowLoss(loss: i32, scores: F64s, at: i32, outputs: i32, target: f64, epsilon: f64): f64 {
  if (loss === SOFTMAX) return softmaxLoss(scores, at, outputs, target as i32);
  let sum: f64 = 0;
  for (let o: i32 = 0; o < outputs; o++) {
    sum += lossOf(loss, scores[at + o]!, targetOf(o, outputs, target), epsilon);
  }
  return sum;
}

/** Replaces a row's scores by the loss's derivatives by them. Returns the loss if it `isMeasured`, and 0 otherwise. */
export function differentiate(
  loss: i32,
  scores: F64s,
  at: i32,
  outputs: i32,
  target: f64,
  epsilon: f64,
  isMeasured: boolean,
): f64 {
  if (loss === SOFTMAX) {
    const own = at + (target as i32);
    const distance: f64 = isMeasured ? largest(scores, at, outputs) - scores[own]! : 0;
    const all = softmax(scores, at, outputs);
    scores[own] = scores[own]! - 1;
    return isMeasured ? log(all) + distance : 0;
  }
  let found: f64 = 0;
  for (let o: i32 = 0; o < outputs; o++) {
    const score = scores[at + o]!;
    const own = targetOf(o, outputs, target);
    if (loss === LOG) {
      const x = -own * score;
      const small = exp(-Math.abs(x));
      scores[at + o] = -own * sigmoidOf(x, small);
      if (isMeasured) found += softplus(x, small);
    } else {
      scores[at + o] = slopeOf(loss, score, own, epsilon);
      if (isMeasured) found += lossOf(loss, score, own, epsilon);
    }
  }
  return found;
}
