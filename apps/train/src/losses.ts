import type { ClassifierLoss, RegressorLoss } from '@asgd/linear';
import type { LabelKind } from './data/labels.ts';

/** A loss of `@asgd/linear`, which minimizes it. */
export type Loss =
  | { readonly labels: 'classes'; readonly linear: ClassifierLoss; readonly givesProbabilities: boolean }
  | { readonly labels: 'numbers'; readonly linear: RegressorLoss; readonly givesProbabilities: false };

export type LossName = 'softmax' | 'log' | 'hinge' | 'squared-hinge' | 'modified-huber' | 'squared' | 'huber';

/** Every loss, by the name that `--loss` takes. */
export const losses: Readonly<Record<LossName, Loss>> = {
  softmax: { labels: 'classes', linear: 'softmax', givesProbabilities: true },
  log: { labels: 'classes', linear: 'log', givesProbabilities: true },
  hinge: { labels: 'classes', linear: 'hinge', givesProbabilities: false },
  'squared-hinge': { labels: 'classes', linear: 'squaredHinge', givesProbabilities: false },
  'modified-huber': { labels: 'classes', linear: 'modifiedHuber', givesProbabilities: true },
  squared: { labels: 'numbers', linear: 'squared', givesProbabilities: false },
  huber: { labels: 'numbers', linear: 'huber', givesProbabilities: false },
};

export const lossNames = Object.keys(losses) as readonly LossName[];

/** How many scores a row has: one of two classes or of a number, else one for each class. */
export function outputsOf(loss: LossName, classes: number): number {
  const labels: LabelKind = losses[loss].labels;
  return labels === 'classes' && (classes > 2 || loss === 'softmax') ? classes : 1;
}
