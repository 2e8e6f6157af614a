/** The exit status of a program that Ctrl-C has stopped. */
export const interruptedStatus = 130;

/** Turns Ctrl-C into a request to stop: the first one asks, the second one ends the program at once. */
export class Interrupt {
  readonly #controller = new AbortController();
  readonly #onSignal = (): void => {
    if (!this.signal.aborted) return this.request();
    // Leaving waits for reads and writes that the system has begun; where one hangs, a third Ctrl-C kills.
    process.off('SIGINT', this.#onSignal);
    process.exit(interruptedStatus);
  };

  constructor() {
    process.on('SIGINT', this.#onSignal);
    // Whoever read the output is gone (`| head`, or Ctrl-C reached `| tee` first): stop as in an orderly way.
    process.stdout.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
      this.request();
    });
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  request(): void {
    this.#controller.abort(new Interrupted());
  }
}

/** Thrown out of reading a file when the program has been asked to stop. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
}
