import { exp, log1p } from '../portable-math.ts';
import type { Loss } from './loss.ts';
import { sign } from './sign.ts';

/** Logistic regression: log(1 + e^-m) with the margin m = target * score. */
export const log: Loss = {
  name: 'log',
  labels: 'two classes',
  value: (scores, target) => softplus(-target * (scores[0] ?? 0)),
  differentiate(scores, target) {
    const margin = target * (scores[0] ?? 0);
    scores[0] = -target * sigmoid(-margin);
    return softplus(-margin);
  },
  decide: sign,
  probability: (scores) => sigmoid(Math.abs(scores[0] ?? 0)),
};

/** log(1 + e^x), without overflow. */
function softplus(x: number): number {
  return Math.max(x, 0) + log1p(exp(-Math.abs(x)));
}

/** 1 / (1 + e^-x), without overflow. */
function sigmoid(x: number): number {
  const small = exp(-Math.abs(x));
  return (x >= 0 ? 1 : small) / (1 + small);
}
