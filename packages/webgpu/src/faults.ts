import {
  ArgumentError,
  type AsgdError,
  DeviceLostError,
  OutOfMemoryError,
  UnsupportedError,
} from '@asgd/core';

/** What a call on the device gave, and whether the device could do it. */
export interface Observed<Result> {
  readonly result: Result;
  readonly error: Promise<AsgdError | undefined>;
}

/**
 * What goes wrong on the device, which tells later, or never: every call is watched by error scopes, so that none of
 * its errors reaches the owner of the device, and all of them reach whoever made the call.
 */
export class Faults {
  readonly #device: GPUDevice;
  /** All that was watched so far, ended well or badly. */
  #settled: Promise<void> = Promise.resolve();
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

  /** Does `work`; what goes wrong with it on the device is thrown by the next `report()`. */
  watch<Result>(what: string, work: () => Result): Observed<Result> {
    const observed = this.observe(what, work);
    this.#settled = this.#keepFirst(this.#settled, observed.error);
    return observed;
  }

  /** Does `work`, and tells what went wrong with it on the device. */
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

  /** The loss of the device, which it may tell only after its work has failed. */
  async explainLoss(): Promise<AsgdError> {
    this.#lost ??= describeLoss(await this.#device.lost);
    return this.#lost;
  }

  /** Waits until all that was enqueued is done or has failed, and throws the first of what went wrong. */
  async report(): Promise<void> {
    await this.#device.queue.onSubmittedWorkDone().catch(() => {}); // a lost device tells on its own
    await this.settled();
    this.checkDevice();
    const first = this.#first;
    this.#first = undefined;
    if (first) throw first;
  }

  /** Resolves when everything watched so far has ended well or badly. */
  settled(): Promise<void> {
    return this.#settled;
  }

  async #keepFirst(before: Promise<void>, error: Promise<AsgdError | undefined>): Promise<void> {
    await before;
    const found = await error;
    this.#first ??= found;
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
      return undefined; // the device is lost, which tells on its own
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
    advice: 'Dispose of tensors that are no longer needed. The device itself is well.',
  },
  {
    filter: 'validation',
    Failure: ArgumentError,
    advice:
      'Wrapped buffers must be of the same device, and neither destroyed nor mapped; a command encoder must be of ' +
      'the same device too, neither finished nor in another pass.',
  },
];

function describeLoss({ reason, message }: GPUDeviceLostInfo): DeviceLostError {
  return new DeviceLostError(
    `The GPU device is lost (reason: ${reason}; ${message.trim()}), and every tensor on it. Open another backend ` +
      `and continue from a checkpoint.`,
  );
}
