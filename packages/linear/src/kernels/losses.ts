/// <reference path="./types.d.ts" />

// The losses of one score, and their slopes: derivatives by the score. A target is -1 or 1 where a loss is of a margin,
// target * score, and a number where it is of a difference. Nothing here overflows unless the loss itself does.

import { exp, log1p } from './exp.ts';

export const LOG: i32 = 0;
export const HINGE: i32 = 1;
export const SQUARED_HINGE: i32 = 2;
export const MODIFIED_HUBER: i32 = 3;
export const SQUARED: i32 = 4;
export const HUBER: i32 = 5;
/** Of all scores of a row together: softmax.ts. */
export const SOFTMAX: i32 = 6;

/** What the log loss and its slope have in common, e^-|score|: both take it, so that it is computed once. */
export function sharedOf(loss: i32, score: f64): f64 {
  return loss === LOG ? exp(-Math.abs(score)) : 0;
}

/** The loss. `epsilon` is where Huber's becomes linear, and `shared` is `sharedOf` the score. */
export function lossOf(loss: i32, score: f64, target: f64, epsilon: f64, shared: f64): f64 {
  const margin = target * score;
  if (loss === LOG) return Math.max(-margin, 0) + log1p(shared);
  if (loss === MODIFIED_HUBER && margin < -1) return -4 * margin;
  const shortfall = Math.max(0, 1 - margin);
  if (loss === HINGE) return shortfall;
  if (loss === SQUARED_HINGE || loss === MODIFIED_HUBER) return shortfall * shortfall;
  const difference = score - target;
  const distance = Math.abs(difference);
  if (loss === HUBER && distance > epsilon) return epsilon * (distance - epsilon / 2);
  return (difference * difference) / 2;
}

/** The derivative of the loss by the score. At a corner it is that of the flatter side. */
export function slopeOf(loss: i32, score: f64, target: f64, epsilon: f64, shared: f64): f64 {
  const margin = target * score;
  if (loss === LOG) return -target * sigmoidOf(-margin, shared);
  if (loss === HINGE) return margin >= 1 ? 0 : -target;
  if (loss === MODIFIED_HUBER && margin < -1) return -4 * target;
  if (loss === SQUARED_HINGE || loss === MODIFIED_HUBER) return -2 * target * Math.max(0, 1 - margin);
  const difference = score - target;
  if (loss === HUBER) return Math.max(-epsilon, Math.min(epsilon, difference));
  return difference;
}

/** 1 / (1 + e^-x), without overflow. */
export function sigmoid(x: f64): f64 {
  return sigmoidOf(x, exp(-Math.abs(x)));
}

/** The sigmoid of x, for which `small` is e^-|x|. */
function sigmoidOf(x: f64, small: f64): f64 {
  return (x >= 0 ? 1 : small) / (1 + small);
}
