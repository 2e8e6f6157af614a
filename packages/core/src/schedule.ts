import { type RealDType, roundTo } from './dtype.ts';
import type { Averaging } from './kernels.ts';

// The schedule is computed in float64 and rounded to float32 once, for every dtype of parameter: PyTorch keeps
// eta and mu in its default scalar dtype (SPEC.md, Schedule).

/** What a step size is computed from. */
export interface StepSize {
  readonly lr: number;
  readonly lambd: number;
  readonly alpha: number;
}

export interface Schedule extends StepSize {
  readonly t0: number;
}

/** What one update makes of a parameter's state (SPEC.md, State). */
export interface Counters {
  readonly step: number;
  readonly eta: number;
  readonly mu: number;
}

/** The counters before a parameter's first update. */
export function firstCounters({ lr }: StepSize): Counters {
  return { step: 0, eta: Math.fround(lr), mu: 1 };
}

/** The counters after the update that `step` updates precede: Bottou's η = lr / (1 + λ·lr·t)^α, μ = 1 / max(1, t − t0). */
export function nextCounters({ step }: Counters, { lr, lambd, alpha, t0 }: Schedule): Counters {
  const t = step + 1;
  return {
    step: t,
    eta: Math.fround(lr / (1 + lambd * lr * t) ** alpha),
    mu: Math.fround(1 / Math.max(1, t - t0)),
  };
}

/** The scalars of one update, formed in float64 and rounded to the dtype once (SPEC.md, Update). */
export interface Scalars {
  readonly decay: number;
  readonly eta: number;
  readonly mu: number;
  readonly averaging: Averaging;
}

/** While this and the next `mu` are 1 the average is left alone, for it is the parameter. */
export function scalarsFor({ eta, mu }: Counters, next: Counters, lambd: number, dtype: RealDType): Scalars {
  return {
    decay: roundTo(dtype, 1 - lambd * eta),
    eta: roundTo(dtype, eta),
    mu: roundTo(dtype, mu),
    averaging: averagingFor(mu, next.mu),
  };
}

function averagingFor(mu: number, nextMu: number): Averaging {
  if (mu !== 1) return 'blend';
  return nextMu === 1 ? 'none' : 'copy';
}
