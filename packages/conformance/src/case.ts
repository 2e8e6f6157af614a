import type { Backend, DType } from '@asgd/core';

/** What kernels are asked to do, and may fail at. */
export type Operation = 'allocate' | 'write' | 'read' | 'copy' | 'step';

/** What a subject can make go wrong. */
export type Failure = 'limitMemory' | 'loseDevice' | `failNext.${Operation}`;

/** Makes an operation of a backend fail, as it may fail by itself: a member for each operation that can. */
export type FailNext<Engine = unknown> = {
  /**
   * @param backend what `open` returned
   * @param nth which of the operations of this kind from now on fails, counted from 1. It fails once; all others succeed.
   */
  readonly [Name in Operation]?: (backend: Backend, nth: number, engine: Engine) => unknown;
};

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
  /**
   * The largest tensor that a backend holds, in bytes, with three of them at once. The thorough cases go beyond 2^32
   * bytes only where this says that they can. Default: 2^31.
   */
  readonly maxBytes?: number;
  /**
   * Opens a backend with little memory: it holds tensors of `bytes` bytes in all, and not of four times as many. The
   * suite closes it.
   */
  limitMemory?(bytes: number): Backend | Promise<Backend>;
  /**
   * Takes the device away from a backend that `open` returned, or a part of it, such as one of its threads. It may
   * return a promise, which resolves when the backend can know. Every case that uses this has an engine of its own.
   */
  loseDevice?(backend: Backend, engine: Engine): unknown;
  /** Makes single operations fail. Every case that uses this has an engine of its own. */
  readonly failNext?: FailNext<Engine>;
}

/** What a case may use while it runs. */
export interface Context {
  /** Fresh for this case, closed after it. */
  readonly backend: Backend;
  /** Opens one more backend of the subject, closed after the case. */
  open(): Promise<Backend>;
  /** Opens a backend with little memory, closed after the case: see {@link Subject}. */
  limitMemory(bytes: number): Promise<Backend>;
  /** Takes the device away from a backend, or a part of it. */
  loseDevice(backend: Backend): Promise<void>;
  /** Makes the `nth` operation of a kind fail, counted from now on and from 1. */
  failNext(operation: Operation, backend: Backend, nth: number): Promise<void>;
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
  /** The subject says that its backends hold three tensors of this many bytes. */
  readonly maxBytes?: number;
  /** The subject can make all of these go wrong. The case then has an engine of its own. */
  readonly failures?: readonly Failure[];
}
