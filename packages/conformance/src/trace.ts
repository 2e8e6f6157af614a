import type { DType, Options, RealArray } from '@asgd/core';

/** A training run as data: what is set up, and what each step brings. */
export interface Trace {
  readonly parameters: readonly ParameterSpec[];
  readonly groups: readonly GroupSpec[];
  readonly steps: readonly StepSpec[];
}

export interface ParameterSpec {
  readonly dtype: DType;
  readonly shape: readonly number[];
  /** Reals: complex values interleaved. */
  readonly initial: RealArray;
}

export interface GroupSpec {
  /** Indices into the trace's parameters. */
  readonly parameters: readonly number[];
  readonly options: Partial<TraceOptions>;
}

export interface StepSpec {
  /** Options to set before the step, a record for every group. */
  readonly options?: readonly Partial<TraceOptions>[];
  /** Whether a new optimizer takes over before the step, through a state dictionary. */
  readonly resume?: boolean;
  /** For every parameter its gradient, or `null` for none. */
  readonly gradients: readonly (RealArray | null)[];
}

/** In a trace the learning rate is always a number. */
export interface TraceOptions extends Omit<Options, 'lr'> {
  readonly lr: number;
}
