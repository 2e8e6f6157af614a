import { kernelsOf, storagesOf } from './backend.ts';
import { UnsupportedError } from './errors.ts';
import type { Counters, CountersKeeper } from './schedule.ts';
import { freeLike } from './storage.ts';
import { type Parameter, storageOf, Tensor } from './tensor.ts';

/**
 * What the optimizer remembers about one parameter, from its first step with a gradient (SPEC.md, State). Where the
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

/**
 * One parameter's average and counters. While `mu` is 1 the average is the parameter, so it has no storage of its own.
 * It gets some in the step before the first one that blends (SPEC.md, Averaging).
 */
export class State implements ParameterState {
  readonly parameter: Parameter;
  /** The average as users see it. */
  readonly ax: Tensor;
  /** The average's own storage, or `null` while it is the parameter. */
  average: unknown = null;
  /** Whether the parameter's storage holds the average now, and the average's the parameter. */
  swapped = false;
  /** The parameters that it takes its steps with, and shares its counters with; `undefined` before the first. */
  cohort: CountersKeeper | undefined;
  #disposed = false;

  constructor(parameter: Parameter) {
    this.parameter = parameter;
    const locate = (): unknown =>
      this.average === null || this.swapped ? storageOf(parameter) : this.average;
    this.ax = new Tensor(parameter, {
      kernels: kernelsOf(parameter.backend),
      storages: storagesOf(parameter.backend),
      mayAlias: true,
      get storage() {
        return locate();
      },
      release: () => {
        if (this.#disposed) return;
        throw new UnsupportedError(
          `The average of ${parameter} belongs to its optimizer: dispose of the optimizer instead.`,
        );
      },
    });
  }

  get step(): number {
    return this.#counters.step;
  }

  get eta(): number {
    return this.#counters.eta;
  }

  get mu(): number {
    return this.#counters.mu;
  }

  async read(): Promise<Counters> {
    return this.#stepped.read();
  }

  /** Replaces the average's storage, possibly with none, and frees the old one. */
  adoptAverage(storage: unknown): void {
    if (this.average !== null) freeLike(this.parameter, this.average);
    this.average = storage;
  }

  /** Returns to the state before the first step. */
  forget(): void {
    this.adoptAverage(null);
    this.cohort = undefined;
  }

  /** Frees the average and ends its use, together with the optimizer. */
  dispose(): void {
    this.adoptAverage(null);
    this.#disposed = true;
    this.ax.dispose();
  }

  get #counters(): Counters {
    const { counters, isOnDevice } = this.#stepped;
    if (isOnDevice) {
      throw new UnsupportedError(
        `The step, eta and mu of ${this.parameter} are on the device: use await state.read().`,
      );
    }
    return counters;
  }

  get #stepped(): CountersKeeper {
    if (!this.cohort) throw new Error(`${this.parameter} has taken no step`); // only then is it in optimizer.state
    return this.cohort;
  }
}
