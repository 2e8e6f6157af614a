import { type RealDType, roundTo } from './dtype.ts';
import type { Averaging, HostScalars } from './kernels.ts';
import type { Options } from './options.ts';

// The schedule is computed in float64 and rounded to float32 once, for every dtype of parameter: PyTorch keeps
// eta and mu in its default scalar dtype (SPEC.md, Schedule).

/** What a step size is computed from. */
export interface StepSize {
  readonly lr: number;
  readonly lambd: number;
  readonly alpha: number;
}

/** The numbers in a parameter's state (SPEC.md, State). */
export interface Counters {
  /** How many updates there have been. PyTorch’s `step`. */
  readonly step: number;
  /** The step size of the next update. PyTorch’s `eta`. */
  readonly eta: number;
  /** The weight of the parameter in the next average, from 0 to 1. PyTorch’s `mu`. */
  readonly mu: number;
}

/** Keeps a parameter's counters, wherever they are. */
export interface CountersKeeper {
  readonly isOnDevice: boolean;
  /** Out of date while they are on the device. */
  readonly counters: Counters;
  /** The counters as of the call. */
  read(): Promise<Counters>;
}

/** Numbers that every step writes in place, so that a training loop makes no garbage. */
export type Mutable<Type> = { -readonly [Key in keyof Type]: Type[Key] };

/** The counters before a parameter's first update. */
export function firstCounters({ lr }: StepSize): Counters {
  return { step: 0, eta: Math.fround(lr), mu: 1 };
}

/** Writes the counters after one more update: Bottou's η = lr / (1 + λ·lr·t)^α, μ = 1 / max(1, t − t0). */
export function advance(
  next: Mutable<Counters>,
  { step }: Counters,
  lr: number,
  { lambd, alpha, t0 }: Pick<Options, 'lambd' | 'alpha' | 't0'>,
): void {
  const t = step + 1;
  next.step = t;
  next.eta = Math.fround(lr / (1 + lambd * lr * t) ** alpha);
  next.mu = Math.fround(1 / Math.max(1, t - t0));
}

/** Scalars to fill. They start as NaN, so that engines make room for a float64 rather than an integer. */
export function emptyScalars(): Mutable<HostScalars> {
  return { on: 'host', decay: NaN, eta: NaN, mu: NaN, weightDecay: NaN, sign: 1 };
}

/** Writes the scalars of one update, formed in float64 and rounded to the dtype once (SPEC.md, Update). */
export function fillScalars(
  scalars: Mutable<HostScalars>,
  dtype: RealDType,
  { eta, mu }: Counters,
  { lambd, weightDecay, maximize }: Pick<Options, 'lambd' | 'weightDecay' | 'maximize'>,
): void {
  scalars.decay = roundTo(dtype, 1 - lambd * eta);
  scalars.eta = roundTo(dtype, eta);
  scalars.mu = roundTo(dtype, mu);
  scalars.weightDecay = roundTo(dtype, weightDecay);
  scalars.sign = maximize ? -1 : 1;
}

/** While this and the next `mu` are 1, the average is left alone, because it is the parameter. */
export function averagingFor({ mu }: Counters, next: Counters): Exclude<Averaging, 'scheduled'> {
  if (mu !== 1) return 'blend';
  return next.mu === 1 ? 'none' : 'copy';
}
