/// <reference path="./types.d.ts" />

// Multinomial logistic regression: minus the logarithm of the probability that a row's scores give to its class. A row's
// scores are `outputs` numbers from `at` on.

// oxlint-disable typescript/no-non-null-assertion -- every index is within bounds: the caller has as many scores

import { exp, log } from './exp.ts';

/** The loss of a row of class `target`. */
export function softmaxLoss(scores: F64s, at: i32, outputs: i32, target: i32): f64 {
  const top = largest(scores, at, outputs);
  let all: f64 = 0;
  for (let o: i32 = 0; o < outputs; o++) all += exp(scores[at + o]! - top);
  return log(all) + (top - scores[at + target]!);
}

/**
 * Replaces the scores by the probabilities of the classes. Returns what it has divided by: the sum of the exponentials of
 * the scores' distances from the largest.
 */
export function softmax(scores: F64s, at: i32, outputs: i32): f64 {
  const top = largest(scores, at, outputs);
  let all: f64 = 0;
  for (let o: i32 = 0; o < outputs; o++) {
    const share = exp(scores[at + o]! - top);
    scores[at + o] = share;
    all += share;
  }
  for (let o: i32 = 0; o < outputs; o++) scores[at + o] = scores[at + o]! / all;
  return all;
}

export function largest(scores: F64s, at: i32, outputs: i32): f64 {
  let top = scores[at]!;
  for (let o: i32 = 1; o < outputs; o++) if (scores[at + o]! > top) top = scores[at + o]!;
  return top;
}
