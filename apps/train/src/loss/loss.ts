import type { LabelKind } from '../data/labels.ts';

export type LossName = 'log' | 'hinge' | 'squared' | 'softmax';

/**
 * What training minimizes. A model gives a row one score or, with many classes, one score per class. A label becomes a
 * target: the number itself, -1 or +1 for the lower or higher of two classes, or the index of a class among many.
 */
export interface Loss {
  readonly name: LossName;
  readonly labels: LabelKind;
  /** The loss of one row. */
  value(scores: Float64Array, target: number): number;
  /** Replaces the scores with the derivatives of the loss with respect to them. Returns the loss. */
  differentiate(scores: Float64Array, target: number): number;
  /** The target that the scores predict. */
  decide(scores: Float64Array): number;
  /** The probability of the decision, if the loss models probabilities. */
  probability?(scores: Float64Array): number;
}
