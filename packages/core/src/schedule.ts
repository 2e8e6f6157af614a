import type { Options } from './options.ts';

// The schedule is computed in float64 and rounded to float32 once, for every dtype of parameter: PyTorch keeps
// eta and mu in its default scalar dtype (SPEC.md, Schedule).

/** The step size of a parameter's first update. */
export function initialEta({ lr }: Options): number {
  return Math.fround(lr);
}

/** The step size of the update after `step` updates: Bottou's η = lr / (1 + λ·lr·t)^α. */
export function etaAfter(step: number, { lr, lambd, alpha }: Options): number {
  return Math.fround(lr / (1 + lambd * lr * step) ** alpha);
}

/** The weight of the newest iterate in the average, in the update after `step` updates: 1 / max(1, t − t0). */
export function muAfter(step: number, { t0 }: Options): number {
  return Math.fround(1 / Math.max(1, step - t0));
}
