import type { RealArray, RealDType } from './dtype.ts';

/** The version of this contract. `defineBackend` refuses kernels written for another. */
export const CONTRACT_VERSION = 1;

/**
 * What a backend is made of: storage, and one fused update. Everything else (checks, scalars, state, complex
 * numbers, lifetime) is core's, so kernels may trust every argument: lengths and dtypes agree, storages are
 * live and theirs, and no number needs validating.
 *
 * A `Storage` is whatever the backend likes; core only passes it back. A `Source` is what `wrap` takes.
 *
 * Operations on one storage take effect in the order of the calls, whenever they are carried out.
 */
export interface Kernels<Storage, Source = never> {
  /** Short, for people: `'cpu'`. */
  readonly name: string;
  /** The contract version these kernels were written for: the literal number, not {@link CONTRACT_VERSION}. */
  readonly contract: number;
  readonly capabilities: Capabilities;

  /** Storage of its own for `length` reals, all zero; `length` may be 0. Throws `OutOfMemoryError`. */
  allocate(dtype: RealDType, length: number): Storage;
  /** Copies `values`, of the storage's dtype and length, into it. The array is the caller's again at once. */
  write(storage: Storage, values: RealArray): void;
  /** A new array of the values as they are in call order, whatever is written later. */
  read(storage: Storage): RealArray | Promise<RealArray>;
  /** Copies `source` over `target`, of equal dtype and length. */
  copy(source: Storage, target: Storage): void;
  /**
   * Gives back what `allocate` gave. Work already queued on the storage still completes. Core calls it for storage that
   * is disposed of, and for what was forgotten, when the garbage collector has found that. Only kernels whose storages
   * are the collector's own, such as typed arrays, lack it.
   */
  free?(storage: Storage): void;

  /**
   * Enqueues one update of every item (SPEC.md, Update). Throws before anything has changed, or not at all.
   * The batch and its items are core's: valid during the call only, and reused for the next one.
   */
  step(batch: StepBatch<Storage>): void;
  /**
   * Enqueues one update whose scalars are on the device, and advances them there (SPEC.md, Capturable). Only
   * kernels whose memory the host cannot see have it: the others' scalars are at hand. Throws as `step` does.
   */
  stepScheduled?(batch: ScheduledBatch<Storage>): void;

  /** The live values, without a copy. Present exactly when `capabilities.hostVisible`. */
  view?(storage: Storage): RealArray;
  /**
   * Storage over the caller's memory, without a copy, never given to `free`. Throws when it cannot be used. Kernels
   * that have `view` have this too, and take any part of a view.
   */
  wrap?(source: Source, dtype: RealDType | undefined): Wrapped<Storage>;

  /** Resolves when all that was enqueued has been done; rejects with what went wrong since the last call. */
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
}

/** What becomes of the average in one update: left alone, made equal to the parameter, or moved towards it. */
export type Averaging = 'none' | 'copy' | 'blend';

/** Everything of one dtype that one launch updates: usually a whole parameter group. */
export interface StepBatch<Storage> {
  readonly dtype: RealDType;
  /** Rounded to the dtype. 0 means that the term is left out, not that it is multiplied by 0. */
  readonly weightDecay: number;
  readonly maximize: boolean;
  /** Never empty. No two items share a parameter or an average. */
  readonly items: readonly StepItem<Storage>[];
}

/** One tensor's share of a {@link StepBatch}. The scalars are rounded to the batch's dtype. */
export interface StepItem<Storage> {
  readonly parameter: Storage;
  /** Read only; not the parameter's storage. */
  readonly gradient: Storage;
  /** `null` exactly when `averaging` is `'none'`. */
  readonly average: Storage | null;
  /** In reals; at least 1. */
  readonly length: number;
  readonly averaging: Averaging;
  /** `1 - lambd * eta`. */
  readonly decay: number;
  readonly eta: number;
  /** Meaningful when `averaging` is `'blend'`. */
  readonly mu: number;
}

/** As {@link StepBatch}, with the schedule left to the device. */
export interface ScheduledBatch<Storage> {
  readonly dtype: RealDType;
  /** Rounded to the dtype; 0 means that the term is left out. */
  readonly weightDecay: number;
  readonly maximize: boolean;
  /** In float64; a storage holds one real, to be read when it is needed. */
  readonly lr: number | Storage;
  readonly lambd: number;
  readonly alpha: number;
  readonly t0: number;
  /** Never empty. No two items share anything but gradients. */
  readonly items: readonly ScheduledItem<Storage>[];
}

/** One tensor's share of a {@link ScheduledBatch}. */
export interface ScheduledItem<Storage> {
  readonly parameter: Storage;
  readonly gradient: Storage;
  /** Copied while `mu` is 1, else blended. */
  readonly average: Storage;
  /**
   * Five float32: the step count in base 2^22, three digits, the lowest first; eta and mu. At step 0, eta is lr,
   * whatever is written there. To be advanced after the update, for the next one.
   */
  readonly scalars: Storage;
  /** In reals; may be 0: the scalars advance all the same. */
  readonly length: number;
}

export interface Wrapped<Storage> {
  readonly storage: Storage;
  readonly dtype: RealDType;
  /** In reals. */
  readonly length: number;
}
