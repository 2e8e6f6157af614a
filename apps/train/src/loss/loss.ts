import type { LabelKind } from '../data/labels.ts';

export type LossName = 'log' | 'hinge' | 'squared' | 'softmax';

/**
 * What a model is trained to make small. A model gives a row one score, or with many classes one score a class; a
 * label becomes a target: the number itself, -1 or +1 for the lower or higher of two classes, or the place of a class
 * among many.
 */
export interface Loss {
  readonly name: LossName;
  readonly labels: LabelKind;
  /** The loss of one row. */
  value(scores: Float64Array, target: number): number;
  /** Replaces the scores by the loss's derivatives with respect to them; answers with the loss. */
  differentiate(scores: Float64Array, target: number): number;
  /** The target that the scores speak for. */
  decide(scores: Float64Array): number;
  /** The probability of what `decide` answers, where the loss is a model of probability. */
  probability?(scores: Float64Array): number;
}
