import type { RealDType } from '@asgd/core';
import { roundTo } from './rounding.ts';

// The update of SPEC.md, to be read beside it. It shares no code with core or with any backend.

/** The options that the arithmetic depends on. */
export interface UpdateOptions {
  readonly lr: number;
  readonly lambd: number;
  readonly alpha: number;
  readonly t0: number;
  readonly weightDecay: number;
  readonly maximize: boolean;
}

/** PyTorch's defaults, and SPEC.md's. */
export const defaultOptions: UpdateOptions = {
  lr: 0.01,
  lambd: 1e-4,
  alpha: 0.75,
  t0: 1e6,
  weightDecay: 0,
  maximize: false,
};

/** A parameter's own scalars. Its next update uses `eta` and `mu`. */
export interface Schedule {
  readonly step: number;
  readonly eta: number;
  readonly mu: number;
}

/** Before a parameter's first update. */
export function firstSchedule(options: UpdateOptions): Schedule {
  return { step: 0, eta: Math.fround(options.lr), mu: 1 };
}

/** After one more update: computed in float64, stored in float32, whatever the parameter's dtype. */
export function nextSchedule(schedule: Schedule, options: UpdateOptions): Schedule {
  const { lr, lambd, alpha, t0 } = options;
  const step = schedule.step + 1;
  return {
    step,
    eta: Math.fround(lr / Math.pow(1 + lambd * lr * step, alpha)),
    mu: Math.fround(1 / Math.max(1, step - t0)),
  };
}

/** The scalars of one update, each formed in float64 and rounded once to the parameter's dtype. */
export interface Scalars {
  readonly dtype: RealDType;
  readonly maximize: boolean;
  readonly weightDecay: number;
  /** `1 - lambd * eta` */
  readonly decay: number;
  /** `-eta` */
  readonly negativeEta: number;
  readonly mu: number;
}

export function scalarsOf(dtype: RealDType, { eta, mu }: Schedule, options: UpdateOptions): Scalars {
  return {
    dtype,
    maximize: options.maximize,
    weightDecay: roundTo(dtype, options.weightDecay),
    decay: roundTo(dtype, 1 - options.lambd * eta),
    negativeEta: roundTo(dtype, -eta),
    mu: roundTo(dtype, mu),
  };
}

/** One real of a parameter and of its average. */
export interface Element {
  readonly parameter: number;
  readonly average: number;
}

/** One update of one real. Each operation is rounded once, and none is fused. */
export function update({ parameter, average }: Element, gradient: number, scalars: Scalars): Element {
  const { dtype, maximize, weightDecay, decay, negativeEta, mu } = scalars;
  const add = (a: number, b: number): number => roundTo(dtype, a + b);
  const multiply = (a: number, b: number): number => roundTo(dtype, a * b);

  let g = maximize ? -gradient : gradient;
  if (weightDecay !== 0) g = add(g, multiply(weightDecay, parameter));
  const decayed = multiply(parameter, decay);
  const p = add(decayed, multiply(negativeEta, g));
  const ax = mu === 1 ? p : add(average, multiply(add(p, -average), mu));
  return { parameter: p, average: ax };
}
