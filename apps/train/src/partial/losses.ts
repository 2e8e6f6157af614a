import type { ClassifierLoss, RegressorLoss } from '@asgd/linear';

export type PartLoss = ClassifierLoss | RegressorLoss;

export const classifierLosses: readonly ClassifierLoss[] = [
  'log',
  'hinge',
  'squaredHinge',
  'modifiedHuber',
  'softmax',
];
export const regressorLosses: readonly RegressorLoss[] = ['squared', 'huber'];

/** Whether a loss predicts numbers. */
export function isRegression(loss: PartLoss): loss is RegressorLoss {
  return (regressorLosses as readonly string[]).includes(loss);
}
