import type { Average } from './average.ts';
import { storagesOf } from './backend.ts';
import { readCounters } from './counters-on-device.ts';
import { UnsupportedError } from './errors.ts';
import type { HostUpdate } from './host-update.ts';
import type { Counters, StepSize } from './schedule.ts';
import type { Parameter, Tensor } from './tensor.ts';

/**
 * What the optimizer remembers of one parameter, from its first step with a gradient (SPEC.md, State). Where the
 * counters are on a device (SPEC.md, Capturable), `step`, `eta` and `mu` throw an UnsupportedError; `read()` waits.
 */
export interface ParameterState extends Counters {
  /** Updates made. */
  readonly step: number;
  /** The step size that the next update will use, rounded to float32. */
  readonly eta: number;
  /** The weight of the newest iterate in the next averaging, rounded to float32. */
  readonly mu: number;
  /** The average, always as it is now. It belongs to the optimizer. */
  readonly ax: Tensor;
  /** The counters as of the call, wherever they are. */
  read(): Promise<Counters>;
}

export class State implements ParameterState {
  readonly average: Average;
  readonly #parameter: Parameter;
  #counters: Counters;
  /** Where the counters are when they are on the device; the others are out of date then. */
  #onDevice: unknown = null;
  /** Used for its updates whose scalars the host computes. */
  update: HostUpdate | undefined;
  /** What `eta` was computed from; `null` when it came from a state dictionary. */
  origin: StepSize | null;

  constructor(parameter: Parameter, average: Average, counters: Counters, origin: StepSize | null) {
    this.#parameter = parameter;
    this.average = average;
    this.#counters = counters;
    this.origin = origin;
  }

  get counters(): Counters {
    if (this.#onDevice !== null) {
      throw new UnsupportedError(
        `The step, eta and mu of ${this.#parameter} are on the device: use await state.read().`,
      );
    }
    return this.#counters;
  }

  set counters(counters: Counters) {
    this.#counters = counters;
  }

  get onDevice(): unknown {
    return this.#onDevice;
  }

  get step(): number {
    return this.counters.step;
  }

  get eta(): number {
    return this.counters.eta;
  }

  get mu(): number {
    return this.counters.mu;
  }

  get ax(): Tensor {
    return this.average.tensor;
  }

  async read(): Promise<Counters> {
    return this.#onDevice === null ? this.#counters : readCounters(this.#parameter, this.#onDevice);
  }

  /** Moves the counters into storage that has them already. */
  moveToDevice(storage: unknown): void {
    this.#onDevice = storage;
  }

  /** Frees what the state has on its backend. */
  free(): void {
    const { backend } = this.#parameter;
    this.average.adopt(null);
    if (this.#onDevice !== null) storagesOf(backend).free(this.#onDevice);
    this.#onDevice = null;
  }
}
