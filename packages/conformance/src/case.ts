import type { Backend, DType } from '@asgd/core';

/** What the suite examines. */
export interface Subject<Engine = unknown> {
  /** Appears in reports. */
  readonly name: string;
  /** Returns a new backend at every call; the suite closes it. It gets what `engine.start` gave, if there is one. */
  open(engine: Engine): Backend | Promise<Backend>;
  /**
   * What the backends share, where starting it for each of thousands of cases would take too long: threads, a device.
   * Without it every case starts from nothing. With it a fault that one case leaves in the engine may show in another,
   * and no case sees how an engine starts and stops. The report says so.
   */
  readonly engine?: {
    /** Starts it, before any backend is opened. */
    start(): Engine | Promise<Engine>;
    /** Stops what `start` gave, when all backends are closed. */
    stop(engine: Engine): unknown;
  };
}

/** What a case may use while it runs. */
export interface Context {
  /** Fresh for this case, closed after it. */
  readonly backend: Backend;
  /** Opens one more backend of the subject, closed after the case. */
  open(): Promise<Backend>;
  /** Records the error of one comparison, in ulp; the report shows the largest. */
  recordUlp(ulp: number): void;
  /** What generated examples start from. */
  readonly seed: number;
}

/** One thing a backend must do. */
export interface Case {
  /** Stable, since expectations and reports refer to it. */
  readonly id: string;
  /** The section of SPEC.md that the case checks. */
  readonly spec: string;
  /** The case applies only to a backend that declares all of these. */
  readonly needs: Needs;
  /** Whether it takes seconds, and runs only when the thorough cases are asked for. */
  readonly isThorough?: boolean;
  /**
   * Throws when the backend does not do it. It must call at least one of the suite's expect functions:
   * a case that asserts nothing would pass whatever the backend did, so it fails.
   */
  run(context: Context): Promise<void>;
}

/** Capabilities a case requires, as a backend declares them. */
export interface Needs {
  /** The backend has all of these. */
  readonly dtypes?: readonly DType[];
  /** `false` if the case applies only where the host does not see the memory. */
  readonly hostVisible?: boolean;
  /** The backend keeps subnormal numbers. */
  readonly subnormals?: 'keep';
  /** `capturable`, and an `lr` on the device; `false` if the case applies only without them. */
  readonly schedules?: boolean;
}
