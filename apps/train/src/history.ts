import type { Evaluation } from './evaluate.ts';

/** What is known at the end of an epoch. */
export interface EpochRecord {
  /** From 1. */
  readonly epoch: number;
  /** Steps made since the beginning. */
  readonly steps: number;
  /** The mean loss of the epoch's rows, each as the model was when it met the row. */
  readonly trainLoss: number;
  /** The test data, under the last iterate. */
  readonly last: Evaluation;
  /** The test data, under the average; `null` as long as the average is the last iterate. */
  readonly average: Evaluation | null;
  /** Step size and averaging weight that the next step will use. */
  readonly eta: number;
  readonly mu: number;
  /** The median time of a step, from the gradient on, and of the optimizer's part in it; `null` without a step. */
  readonly stepMicroseconds: number | null;
  readonly updateMicroseconds: number | null;
}
