import type { Loss } from './loss.ts';
import { sign } from './sign.ts';

/** Linear support vector machine: max(0, 1 - m) with the margin m = target * score. At the corner its slope is 0. */
export const hinge: Loss = {
  name: 'hinge',
  labels: 'two classes',
  value: (scores, target) => Math.max(0, 1 - target * (scores[0] ?? 0)),
  differentiate(scores, target) {
    const shortfall = 1 - target * (scores[0] ?? 0);
    scores[0] = shortfall > 0 ? -target : 0;
    return Math.max(0, shortfall);
  },
  decide: sign,
};
