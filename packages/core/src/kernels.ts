import type { RealArray, RealDType } from './dtype.ts';

/** The version of this contract. `defineBackend` refuses kernels written for another. */
export const CONTRACT_VERSION = 1;

/**
 * What a backend is made of: storage, and one fused update. Everything else (checks, scalars, state, complex
 * numbers, lifetime) is core's, so kernels may trust every argument: lengths and dtypes agree, storages are
 * live and theirs, and no number needs validating.
 *
 * A `Storage` is whatever the backend likes; core only passes it back. The same goes for a `Plan`, which may be the
 * batch itself: `prepare: (batch) => batch`. A `Source` is what `wrap` takes.
 *
 * Operations on one storage take effect in the order of the calls, whenever they are carried out.
 */
export interface Kernels<Storage, Source = never, Plan = StepBatch<Storage>> {
  /** Short, for people: `'cpu'`. */
  readonly name: string;
  /** The contract version these kernels were written for: the literal number, not {@link CONTRACT_VERSION}. */
  readonly contract: number;
  /** The package that these kernels are in, and its version, for error messages: `'@asgd/cpu@0.1.0'`. */
  readonly package?: string | undefined;
  /** What these kernels can do. */
  readonly capabilities: Capabilities;

  /** New storage for `length` reals, all zero; `length` may be 0. Throws `OutOfMemoryError`. */
  allocate(dtype: RealDType, length: number): Storage;
  /** Copies `values`, of the storage's dtype and length, into it. The caller may reuse the array at once. */
  write(storage: Storage, values: RealArray): void;
  /**
   * A new array of the values as of the call, whatever is written later. Throws or rejects if they are unknown, because
   * the device failed to write them.
   */
  read(storage: Storage): RealArray | Promise<RealArray>;
  /** Copies `source` over `target`, of equal dtype and length. */
  copy(source: Storage, target: Storage): void;
  /**
   * Frees what `allocate` returned. Work already queued on the storage still completes. Core calls it for storage that
   * is disposed, and for storage that the garbage collector finds unreachable. Only kernels whose storages are
   * garbage-collected themselves, such as typed arrays, lack it.
   */
  free?(storage: Storage): void;

  /**
   * Prepares what the updates of a batch have in common. A training loop takes thousands of steps with one plan; core
   * makes another when a tensor of the batch is replaced or averaging enters its next phase. Nothing is updated yet.
   * Throws before anything has changed, or not at all.
   */
  prepare(batch: StepBatch<Storage>): Plan;
  /**
   * Enqueues one update of every item of the plan (SPEC.md, Update). Throws before anything has changed, or not at all.
   * The scalars belong to core and change after the call, so read them during it.
   */
  step(plan: Plan, scalars: StepScalars<Storage>): void;
  /** Frees what `prepare` took. Steps already queued still complete. Plans of a closed backend are not released. */
  release(plan: Plan): void;

  /** The live values, without a copy. Present exactly when `capabilities.hostVisible`. */
  view?(storage: Storage): RealArray;
  /**
   * Storage over the caller's memory, without a copy, never given to `free`. Throws when it cannot be used. Kernels
   * that have `view` have this too, and take any part of a view.
   */
  wrap?(source: Source, dtype: RealDType | undefined): Wrapped<Storage>;

  /** Resolves when all queued work is done; rejects with what went wrong since the last call. */
  synchronize(): Promise<void>;
  /** Ends threads and frees every storage. Called once. */
  close(): Promise<void>;
}

/** What a backend can do. The conformance suite holds it to every word. */
export interface Capabilities {
  /** `float32` brings `complex64` with it, `float64` brings `complex128`. */
  readonly dtypes: readonly RealDType[];
  /** Whether a product may be fused with the sum that follows it, rounding once instead of twice. */
  readonly contraction: 'never' | 'may';
  /** Whether subnormal numbers survive arithmetic. */
  readonly subnormals: 'keep' | 'flush';
  /** Whether `view()` gives the memory itself. */
  readonly hostVisible: boolean;
  /** How many threads share a step. */
  readonly threads: number;
  /** Why there are fewer than were asked for, and what would give them. For people; absent when there are not fewer. */
  readonly threadsReason?: string | undefined;
  /**
   * Whether `step` takes {@link DeviceScalars}. Only kernels whose memory the host cannot see have a use for them:
   * for all others, the host computes the scalars. Default: false.
   */
  readonly schedules?: boolean;
}

/**
 * What one update does to the average: it leaves it alone, copies the parameter into it, or moves it toward the
 * parameter. With `'scheduled'` the device decides: it copies while `mu` is 1, and blends otherwise.
 */
export type Averaging = 'none' | 'copy' | 'blend' | 'scheduled';

/** What one launch updates: usually a whole parameter group. All items have one dtype and share the scalars. */
export interface StepBatch<Storage> {
  /** Of every storage in the batch. */
  readonly dtype: RealDType;
  /** `'scheduled'` exactly when the scalars are on the device. */
  readonly averaging: Averaging;
  /** No two items share a parameter or an average. Never empty, unless the scalars are on the device. */
  readonly items: readonly StepItem<Storage>[];
}

/** One tensor's share of a {@link StepBatch}. */
export interface StepItem<Storage> {
  /** Read and written. */
  readonly parameter: Storage;
  /** Read only; not the parameter's storage. */
  readonly gradient: Storage;
  /** `null` exactly when `averaging` is `'none'`. */
  readonly average: Storage | null;
  /** In reals; at least 1. */
  readonly length: number;
}

/** The numbers of one update of a whole batch. Kernels that do not declare `schedules` only get those of the host. */
export type StepScalars<Storage> = HostScalars | DeviceScalars<Storage>;

/** What scalars of either kind have. */
export interface CommonScalars {
  /** Rounded to the batch's dtype. 0 means that the term is left out, not that it is multiplied by 0. */
  readonly weightDecay: number;
  /** The gradient is multiplied by this: −1 to maximize, else 1. */
  readonly sign: 1 | -1;
}

/** Computed by core, each rounded to the batch's dtype once. */
export interface HostScalars extends CommonScalars {
  /** Tells the two kinds of scalars apart. */
  readonly on: 'host';
  /** `1 - lambd * eta`. */
  readonly decay: number;
  /** The step size. */
  readonly eta: number;
  /** Meaningful when the batch's averaging is `'blend'`. */
  readonly mu: number;
}

/** For a device that computes the scalars from the counters, and then advances the counters (SPEC.md, Capturable). */
export interface DeviceScalars<Storage> extends CommonScalars {
  /** Tells the two kinds of scalars apart. */
  readonly on: 'device';
  /**
   * Five float32: the step count as three digits in base 2^22, the lowest first; eta; mu. At step 0, eta is lr,
   * whatever is written there. The update advances them for the next one.
   */
  readonly counters: Storage;
  /** In float64; a storage holds one real, to read when it is needed. */
  readonly lr: number | Storage;
  /** The option `lambd`, in float64. */
  readonly lambd: number;
  /** The option `alpha`, in float64. */
  readonly alpha: number;
  /** The option `t0`, in float64. */
  readonly t0: number;
}

/** What `wrap` gives: a storage over the caller’s memory. */
export interface Wrapped<Storage> {
  /** Core passes it back to the kernels, and nobody else. */
  readonly storage: Storage;
  /** The dtype that was asked for, or else the one that the memory has. */
  readonly dtype: RealDType;
  /** In reals. */
  readonly length: number;
}
