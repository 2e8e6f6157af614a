import { constants } from 'node:os';
import { codeOf, reason } from './errors.ts';
import { removeTemporaries } from './temporary.ts';

/** The exit status of a program that Ctrl-C has stopped. */
export const interruptedStatus: number = statusFor('SIGINT');

/** Ctrl-C, the shutdown of the system or of a container, and the closing of the terminal. */
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

type Signal = (typeof signals)[number];

/** Turns signals into a request to stop: the first one asks, the second one ends the program at once. */
export class Interrupt {
  readonly #controller = new AbortController();
  #failure: string | undefined;
  readonly #onSignal = (name: Signal): void => {
    if (!this.signal.aborted) return this.#request(statusFor(name));
    // As if nothing listened: exiting would wait for reads and writes that hang.
    removeTemporaries();
    for (const other of signals) process.off(other, this.#onSignal);
    process.kill(process.pid, name);
  };

  constructor() {
    for (const name of signals) process.on(name, this.#onSignal);
    process.stdout.on('error', (error: unknown) => this.#onOutputError(error));
    // An error of the stream for errors cannot be reported.
    process.stderr.on('error', () => undefined);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Why the output could not be written. */
  get failure(): string | undefined {
    return this.#failure;
  }

  #onOutputError(error: unknown): void {
    // The reader of the output is gone (`| head`, or Ctrl-C reached `| tee` first), or the terminal is.
    const isGone = ['EPIPE', 'EIO'].includes(codeOf(error));
    if (!isGone) this.#failure ??= `cannot write the standard output: ${reason(error)}`;
    this.#request(isGone ? interruptedStatus : 1);
  }

  #request(status: number): void {
    this.#controller.abort(new Interrupted(status));
  }
}

/** Why a run was asked to stop; thrown out of reading a file. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
  /** The exit status for this signal. */
  readonly status: number;

  constructor(status: number = interruptedStatus) {
    super('asked to stop');
    this.status = status;
  }
}

/** The exit status that a shell gives a program that a signal ended. */
function statusFor(name: Signal): number {
  return 128 + constants.signals[name];
}
