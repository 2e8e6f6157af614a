import { HINGE, HUBER, LOG, MODIFIED_HUBER, SOFTMAX, SQUARED, SQUARED_HINGE } from './kernels/losses.ts';

/** The losses of `ASGDClassifier`. */
export type ClassifierLoss = 'log' | 'hinge' | 'squaredHinge' | 'modifiedHuber' | 'softmax';
/** The losses of `ASGDRegressor`. */
export type RegressorLoss = 'squared' | 'huber';
export type LossName = ClassifierLoss | RegressorLoss;

export interface LossTraits {
  /** What the kernels call it. */
  readonly id: number;
  /** The largest second derivative by the score; 1 for hinge, which has none. The step size `'auto'` rests on it. */
  readonly curvature: number;
  /** Whether the slope grows with the score without a bound, so that one row with too large a step can diverge. */
  readonly isSteep: boolean;
}

export const losses: Readonly<Record<LossName, LossTraits>> = {
  log: { id: LOG, curvature: 1 / 4, isSteep: false },
  hinge: { id: HINGE, curvature: 1, isSteep: false },
  squaredHinge: { id: SQUARED_HINGE, curvature: 2, isSteep: true },
  modifiedHuber: { id: MODIFIED_HUBER, curvature: 2, isSteep: false },
  softmax: { id: SOFTMAX, curvature: 1 / 2, isSteep: false },
  squared: { id: SQUARED, curvature: 1, isSteep: true },
  huber: { id: HUBER, curvature: 1, isSteep: false },
};

export const classifierLosses: readonly ClassifierLoss[] = [
  'log',
  'hinge',
  'squaredHinge',
  'modifiedHuber',
  'softmax',
];
export const regressorLosses: readonly RegressorLoss[] = ['squared', 'huber'];
