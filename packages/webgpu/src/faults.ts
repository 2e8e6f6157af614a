import {
  ArgumentError,
  type AsgdError,
  DeviceLostError,
  OutOfMemoryError,
  UnsupportedError,
} from '@asgd/core';
import { type Place, UnknownValues, type Written } from './unknown.ts';

/** The result of a call on the device, and later the error if the device failed. */
export interface Observed<Result> {
  readonly result: Result;
  readonly error: Promise<AsgdError | undefined>;
}

/**
 * Collects what goes wrong on the device, which reports it later. Error scopes surround every call, so that none of its
 * errors reaches the owner of the device as an `uncapturederror`, and all of them reach the caller.
 */
export class Faults {
  readonly #device: GPUDevice;
  /** Resolves when everything that was watched so far has succeeded or failed. */
  #settled: Promise<void> = Promise.resolve();
  readonly #unknown = new UnknownValues();
  #first: AsgdError | undefined;
  #lost: DeviceLostError | undefined;

  constructor(device: GPUDevice) {
    this.#device = device;
    void this.explainLoss();
  }

  /** @throws DeviceLostError */
  checkDevice(): void {
    if (this.#lost) throw new DeviceLostError(this.#lost.message);
  }

  /**
   * Does `work`. If it goes wrong on the device, the next `report()` throws that.
   * @param written what it gives to write, which is unknown if it goes wrong
   */
  watch<Result>(
    what: string,
    work: () => Result,
    written: (result: Result) => readonly Written[] = () => [],
  ): Observed<Result> {
    const observed = this.observe(what, work);
    const { result, error } = observed;
    this.#settled = this.#keep(this.#settled, error, () => written(result));
    return observed;
  }

  /** Why the values that a place has now are unknown, if they are: waits for all that was watched so far. */
  async whyUnknown(place: Place): Promise<AsgdError | undefined> {
    await this.#settled;
    return this.#unknown.why(place);
  }

  /** Does `work`, and returns what goes wrong with it on the device. */
  observe<Result>(what: string, work: () => Result): Observed<Result> {
    this.checkDevice();
    for (const { filter } of scopes) this.#device.pushErrorScope(filter);
    let error: Promise<AsgdError | undefined>;
    let result: Result;
    try {
      result = work();
    } finally {
      error = this.#popScopes(what);
    }
    return { result, error };
  }

  /** Waits for the device to say why it was lost, which may come after its work has failed. */
  async explainLoss(): Promise<AsgdError> {
    this.#lost ??= describeLoss(await this.#device.lost);
    return this.#lost;
  }

  /** Waits until everything that was enqueued has succeeded or failed, and throws the first error. */
  async report(): Promise<void> {
    await this.#device.queue.onSubmittedWorkDone().catch(() => {}); // `checkDevice` reports a lost device
    await this.settled();
    this.checkDevice();
    const first = this.#first;
    this.#first = undefined;
    if (first) throw first;
  }

  /** Resolves when everything that was watched so far has succeeded or failed. */
  settled(): Promise<void> {
    return this.#settled;
  }

  async #keep(
    before: Promise<void>,
    error: Promise<AsgdError | undefined>,
    written: () => readonly Written[],
  ): Promise<void> {
    await before;
    const found = await error;
    this.#first ??= found;
    this.#unknown.note(found, written);
  }

  async #popScopes(what: string): Promise<AsgdError | undefined> {
    try {
      const errors = await Promise.all(scopes.map(() => this.#device.popErrorScope()));
      const index = errors.findIndex((found) => found !== null);
      const error = errors[index];
      const scope = scopes.at(-1 - index); // the one pushed last was popped first
      return error && scope
        ? new scope.Failure(`${what} failed on the GPU: ${error.message.trim()}\n${scope.advice}`)
        : undefined;
    } catch {
      return undefined; // `checkDevice` reports a lost device
    }
  }
}

interface Scope {
  readonly filter: GPUErrorFilter;
  readonly Failure: new (message: string) => AsgdError;
  readonly advice: string;
}

const scopes: readonly Scope[] = [
  {
    filter: 'internal',
    Failure: UnsupportedError,
    advice: 'Update the driver, or use another adapter.',
  },
  {
    filter: 'out-of-memory',
    Failure: OutOfMemoryError,
    advice: 'Dispose of tensors that you no longer need. The device still works.',
  },
  {
    filter: 'validation',
    Failure: ArgumentError,
    advice:
      'A wrapped buffer must belong to the same device, and must not be destroyed or mapped. A command encoder must ' +
      'belong to the same device too, and must not be finished or have an open pass.',
  },
];

function describeLoss({ reason, message }: GPUDeviceLostInfo): DeviceLostError {
  return new DeviceLostError(
    `The GPU device is lost (reason: ${reason}; ${message.trim()}), with every tensor on it. Open another backend ` +
      `and continue from a checkpoint.`,
  );
}
