import type { Evaluation } from './evaluate.ts';

/** The results at the end of an epoch. */
export interface EpochRecord {
  /** From 1. */
  readonly epoch: number;
  /** Steps since the beginning. */
  readonly steps: number;
  /** The mean loss of the epoch's rows, each under the model at the time when it was used. */
  readonly trainLoss: number;
  /** The test data, under the last iterate. */
  readonly last: Evaluation;
  /** The test data, under the average; `null` while the average is the last iterate. */
  readonly average: Evaluation | null;
  /** Step size and averaging weight that the next step will use. */
  readonly eta: number;
  readonly mu: number;
  /** Rows trained on in a second, their reading included; `null` if none was since a run was resumed. */
  readonly rowsPerSecond: number | null;
}
