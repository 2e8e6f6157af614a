import type { Loss } from './loss.ts';

/** Least squares: half the squared difference. */
export const squared: Loss = {
  name: 'squared',
  labels: 'numbers',
  value: (scores, target) => ((scores[0] ?? 0) - target) ** 2 / 2,
  differentiate(scores, target) {
    const difference = (scores[0] ?? 0) - target;
    scores[0] = difference;
    return (difference * difference) / 2;
  },
  decide: (scores) => scores[0] ?? 0,
};
