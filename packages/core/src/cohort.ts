import { kernelsOf, storagesOf } from './backend.ts';
import type { RealDType } from './dtype.ts';
import type { Averaging, HostScalars, Kernels, StepScalars } from './kernels.ts';
import { type Counters, type CountersKeeper, emptyScalars, type Mutable, type StepSize } from './schedule.ts';
import type { State } from './state.ts';
import type { Storages } from './storages.ts';
import type { RecordedUpdate } from './tape.ts';
import { layoutIn, type Tensor } from './tensor.ts';

// A device counts in float32, which is exact only to 2^24. So it keeps the step count, exact to 2^53, in three parts.
const radix = 2 ** 22;

/** At least one, in the order of their group. */
export type States = readonly [State, ...State[]];

/** A plan of the kernels, and what it was made for. */
export interface Preparation {
  readonly averaging: Averaging;
  readonly gradients: readonly Tensor[];
  /** New storage for averages, by state; `null` for states that have storage or need none. */
  readonly averages: readonly unknown[];
  /** `undefined` when no tensor has an element to update. */
  readonly plan: { readonly ofKernels: unknown } | undefined;
}

/**
 * Parameters of one group that are updated by one launch: on one backend, in one dtype and with the same counters,
 * because they have taken the same steps. A parameter that misses a step leaves its cohort for good.
 */
export class Cohort implements CountersKeeper {
  readonly states: States;
  readonly kernels: Omit<Kernels<unknown, unknown, unknown>, 'allocate' | 'free'>;
  readonly dtype: RealDType;
  /** Out of date while they are on the device. */
  readonly counters: Mutable<Counters>;
  /** What `eta` was computed from; `null` when it came from a state dictionary. */
  origin: StepSize | null;
  /** Storage of the counters on the device, or `null`. */
  deviceCounters: unknown = null;
  /** How the last step was launched. */
  prepared: Preparation | null = null;
  /** What the current step will change the above to. Every step overwrites its numbers. */
  readonly next: {
    readonly counters: Mutable<Counters>;
    readonly hostScalars: Mutable<HostScalars>;
    scalars: StepScalars<unknown>;
    origin: StepSize | null;
    deviceCounters: unknown;
    prepared: Preparation | null;
    recorded: readonly RecordedUpdate[];
    /** Where the cohort belongs once its first step has been launched. */
    joins: Cohort[] | null;
  };

  constructor(states: States, counters: Counters, origin: StepSize | null) {
    const [{ parameter }] = states;
    this.states = states;
    this.kernels = kernelsOf(parameter.backend);
    this.dtype = layoutIn(parameter).real;
    this.counters = { ...counters };
    this.origin = origin;
    const hostScalars = emptyScalars();
    this.next = {
      counters: { ...counters },
      hostScalars,
      scalars: hostScalars,
      origin,
      deviceCounters: null,
      prepared: null,
      recorded: [],
      joins: null,
    };
  }

  get isOnDevice(): boolean {
    return this.deviceCounters !== null;
  }

  /** The counters as of the call, wherever they are. */
  async read(): Promise<Counters> {
    if (!this.isOnDevice) return { ...this.counters };
    const [low = 0, middle = 0, high = 0, eta = 0, mu = 0] = await this.kernels.read(this.deviceCounters);
    return { step: (high * radix + middle) * radix + low, eta, mu };
  }

  /** New storage on the device with the counters in it. @throws OutOfMemoryError */
  copyCountersToDevice(): unknown {
    const storage = this.#storages.allocate(this, 'float32', 5);
    try {
      if (this.isOnDevice) this.kernels.copy(this.deviceCounters, storage);
      else this.kernels.write(storage, this.#digits());
    } catch (error) {
      this.freeCounters(storage);
      throw error;
    }
    return storage;
  }

  /** The counters as a device keeps them. */
  #digits(): Float32Array {
    const { step, eta, mu } = this.counters;
    const rest = Math.floor(step / radix);
    return Float32Array.of(step % radix, rest % radix, Math.floor(rest / radix), eta, mu);
  }

  /** Frees what `copyCountersToDevice` returned, if anything. */
  freeCounters(storage: unknown): void {
    if (storage !== null) this.#storages.free(storage);
  }

  /** Forgets its last plan, and the gradients that the plan refers to. */
  forgetPlan(): void {
    this.release(this.prepared);
    this.prepared = null;
  }

  /** Releases a plan. A closed backend has done so already. */
  release(preparation: Preparation | null): void {
    if (preparation?.plan && !this.#isClosed) this.kernels.release(preparation.plan.ofKernels);
  }

  /** Frees what it holds on its backend. */
  dispose(): void {
    this.forgetPlan();
    this.freeCounters(this.deviceCounters);
    this.deviceCounters = null;
  }

  get #storages(): Storages {
    return storagesOf(this.states[0].parameter.backend);
  }

  get #isClosed(): boolean {
    return this.states[0].parameter.backend.closed;
  }
}
