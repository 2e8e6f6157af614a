import { exp, log1p } from '../portable-math.ts';
import type { Loss } from './loss.ts';

/** Multinomial logistic regression: minus the logarithm of the probability of the row's class. */
export const softmax: Loss = {
  name: 'softmax',
  labels: 'classes',
  value(scores, target) {
    const largest = largestAt(scores);
    const top = scores[largest] ?? 0;
    let others = 0;
    for (let c = 0; c < scores.length; c += 1) if (c !== largest) others += exp((scores[c] ?? 0) - top);
    return log1p(others) + top - (scores[target] ?? 0);
  },
  differentiate(scores, target) {
    const largest = largestAt(scores);
    const top = scores[largest] ?? 0;
    const lead = top - (scores[target] ?? 0);
    let others = 0;
    for (let c = 0; c < scores.length; c += 1) {
      const share = c === largest ? 1 : exp((scores[c] ?? 0) - top);
      scores[c] = share;
      if (c !== largest) others += share;
    }
    const all = 1 + others;
    for (let c = 0; c < scores.length; c += 1) scores[c] = (scores[c] ?? 0) / all - (c === target ? 1 : 0);
    return log1p(others) + lead;
  },
  decide: largestAt,
  probability(scores) {
    const top = scores[largestAt(scores)] ?? 0;
    let all = 0;
    for (const score of scores) all += exp(score - top);
    return 1 / all;
  },
};

/** The index of the largest score; of the first, if several are equal. */
function largestAt(scores: Float64Array): number {
  let largest = 0;
  for (let c = 1; c < scores.length; c += 1) if ((scores[c] ?? 0) > (scores[largest] ?? 0)) largest = c;
  return largest;
}
