/// <reference path="./types.d.ts" />

// The loss of a row, which may have several scores.

// oxlint-disable typescript/no-non-null-assertion -- every index is within bounds: the caller has as many scores

import { log } from './exp.ts';
import { lossOf, sharedOf, slopeOf, SOFTMAX } from './losses.ts';
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
    const score = scores[at + o]!;
    sum += lossOf(loss, score, targetOf(o, outputs, target), epsilon, sharedOf(loss, score));
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
    const shared = sharedOf(loss, score);
    scores[at + o] = slopeOf(loss, score, own, epsilon, shared);
    if (isMeasured) found += lossOf(loss, score, own, epsilon, shared);
  }
  return found;
}
