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
  readonly #waiting: (() => void)[] = [];
  #scopes = 0;
  #first: AsgdError | undefined;
  #lost: DeviceLostError | undefined;

  constructor(device: GPUDevice) {
    this.#device = device;
    void this.#awaitLoss();
  }

  get isLost(): boolean {
    return this.#lost !== undefined;
  }

  /** @throws DeviceLostError */
  checkDevice(): void {
    if (this.#lost) throw new DeviceLostError(this.#lost.message);
  }

  /** Does `work`; what goes wrong with it on the device is thrown by the next `report()`. */
  watch<Result>(what: string, work: () => Result): Result {
    const { result, error } = this.observe(what, work);
    this.record(error);
    return result;
  }

  /** Leaves an error to the next `report()`. */
  record(error: Promise<AsgdError | undefined>): void {
    void this.#keepFirst(error);
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

  /** Throws the loss of the device, if it turns out to be behind `reason`, else `reason`. */
  async rethrow(reason: unknown): Promise<never> {
    await Promise.race([this.#device.lost, new Promise((resolve) => setTimeout(resolve, lossDelay))]);
    this.checkDevice();
    throw reason;
  }

  /** Waits for the device to say what went wrong so far, and throws the first of it. */
  async report(): Promise<void> {
    await this.settled();
    this.checkDevice();
    const first = this.#first;
    this.#first = undefined;
    if (first) throw first;
  }

  /** Resolves when everything watched so far has ended well or badly. */
  async settled(): Promise<void> {
    if (this.#scopes === 0) return;
    await new Promise<void>((resolve) => {
      this.#waiting.push(resolve);
    });
  }

  async #awaitLoss(): Promise<void> {
    this.#lost = describeLoss(await this.#device.lost);
  }

  async #keepFirst(error: Promise<AsgdError | undefined>): Promise<void> {
    const found = await error;
    this.#first ??= found;
  }

  async #popScopes(what: string): Promise<AsgdError | undefined> {
    this.#scopes++;
    try {
      const errors = await Promise.all(scopes.map(async () => this.#device.popErrorScope()));
      const index = errors.findIndex((error) => error !== null);
      // The scope pushed last is popped first.
      return errors[index] ? explain(what, errors[index], scopes.at(-1 - index)) : undefined;
    } catch {
      return undefined; // the device is lost, which tells on its own
    } finally {
      this.#scopes--;
      if (this.#scopes === 0) for (const resolve of this.#waiting.splice(0)) resolve();
    }
  }
}

/** How long after its work a device may tell of its loss, in milliseconds. */
const lossDelay = 100;

interface Scope {
  readonly filter: GPUErrorFilter;
  readonly error: new (message: string) => AsgdError;
  readonly advice: string;
}

const scopes: readonly Scope[] = [
  {
    filter: 'internal',
    error: UnsupportedError,
    advice: 'The driver could not do what WebGPU promises: update it, or use another adapter.',
  },
  {
    filter: 'out-of-memory',
    error: OutOfMemoryError,
    advice: 'Dispose of tensors that are no longer needed, or use smaller ones. The device is well.',
  },
  {
    filter: 'validation',
    error: ArgumentError,
    advice: 'Keep wrapped buffers undestroyed and unmapped while they are in use, and of the same device.',
  },
];

function explain(what: string, { message }: GPUError, scope: Scope | undefined): AsgdError {
  const { error: Failure, advice } = scope ?? { error: UnsupportedError, advice: '' };
  return new Failure(`${what} failed on the GPU: ${message.trim()}\n${advice}`);
}

function describeLoss({ reason, message }: GPUDeviceLostInfo): DeviceLostError {
  const cause = reason === 'destroyed' ? 'it was destroyed' : `reason: ${reason}`;
  return new DeviceLostError(
    `The GPU device is lost (${cause}${message ? `; ${message.trim()}` : ''}), and every tensor on it. ` +
      `Open another backend and continue from a checkpoint.`,
  );
}
