import type { Backend, DType } from '@asgd/core';

/** What is examined: `open` gives a fresh, isolated backend each time; the suite closes it. */
export interface Subject {
  readonly name: string;
  open(): Backend | Promise<Backend>;
}

/** What a case may use while it runs. */
export interface Context {
  /** Fresh for this case, closed after it. */
  readonly backend: Backend;
  /** Opens one more backend of the subject, closed after the case. */
  open(): Promise<Backend>;
  /** Notes the error of one comparison, in ulp; the report keeps the largest. */
  recordUlp(ulp: number): void;
}

/** One thing a backend must do. */
export interface Case {
  /** Stable: expectations and reports refer to it. */
  readonly id: string;
  /** The section of SPEC.md it holds the backend to. */
  readonly spec: string;
  /** The case applies only to a backend that declares all of these. */
  readonly needs: Needs;
  /**
   * Throws when the backend does not do it. At least one of the suite's expect functions must have been called by
   * its end: a case that asserts nothing would pass whatever the backend did, and fails.
   */
  run(context: Context): Promise<void>;
}

/** Capabilities a case requires, as a backend declares them. */
export interface Needs {
  readonly dtypes?: readonly DType[];
  /** `false` for what a backend does only where the host does not see its memory. */
  readonly hostVisible?: boolean;
  readonly subnormals?: 'keep';
  /** `capturable`, and an `lr` on the device; `false` for what a backend does only without. */
  readonly schedules?: boolean;
}
