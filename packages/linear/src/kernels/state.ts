/// <reference path="./types.d.ts" />

// Where in the state of a model its numbers are.

// The three factors: factors.ts.
export const SCALE: i32 = 0;
export const AVERAGE_SCALE: i32 = 1;
export const SHARE: i32 = 2;
/** The losses of the rows that were trained on, times their weights, each before its update. Summed if MEASURE is 1. */
export const LOSS_SUM: i32 = 3;
export const MEASURE: i32 = 4;
/** lambd + weightDecay. */
export const DECAY: i32 = 5;
/** What the intercept's step is of eta; 0 if there is none. */
export const INTERCEPT_STEP: i32 = 6;
/** Where Huber's loss becomes linear. */
export const EPSILON: i32 = 7;
/** `scale` stays between 1 / FOLD_AT and FOLD_AT in size. */
export const FOLD_AT: i32 = 8;
export const STATE_LENGTH: i32 = 9;
