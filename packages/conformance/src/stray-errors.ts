/** A runtime's ways to tell of errors that no call throws and no promise hands on. */
interface Host {
  readonly process?: {
    on?(event: string, listener: (error: unknown) => void): unknown;
    off?(event: string, listener: (error: unknown) => void): unknown;
  };
  addEventListener?(event: string, listener: (event: StrayEvent) => void): void;
  removeEventListener?(event: string, listener: (event: StrayEvent) => void): void;
  setImmediate?(callback: () => void): unknown;
}

interface StrayEvent {
  readonly reason?: unknown;
  readonly error?: unknown;
  preventDefault(): void;
}

const host = globalThis as Host;

/** Notes errors that reach nobody while it is in use: rejections without a handler, and what callbacks throw. */
export class StrayErrors {
  readonly #errors: string[] = [];
  readonly #listeners = {
    unhandledRejection: (reason: unknown) => this.#note('A promise was rejected with no handler', reason),
    uncaughtException: (error: unknown) => this.#note('A callback threw', error),
    unhandledrejection: (event: StrayEvent) => {
      event.preventDefault();
      this.#note('A promise was rejected with no handler', event.reason);
    },
    error: (event: StrayEvent) => {
      event.preventDefault();
      this.#note('A callback threw', event.error);
    },
  };

  constructor() {
    const { unhandledRejection, uncaughtException, unhandledrejection, error } = this.#listeners;
    if (host.process?.on) {
      host.process.on('unhandledRejection', unhandledRejection);
      host.process.on('uncaughtException', uncaughtException);
    } else {
      host.addEventListener?.('unhandledrejection', unhandledrejection);
      host.addEventListener?.('error', error);
    }
  }

  /** Throws what was noted since the last call, once whatever is due has run. */
  async check(): Promise<void> {
    await nextTask();
    await nextTask();
    const [first] = this.#errors.splice(0);
    if (first !== undefined) throw new Error(first);
  }

  stop(): void {
    const { unhandledRejection, uncaughtException, unhandledrejection, error } = this.#listeners;
    host.process?.off?.('unhandledRejection', unhandledRejection);
    host.process?.off?.('uncaughtException', uncaughtException);
    host.removeEventListener?.('unhandledrejection', unhandledrejection);
    host.removeEventListener?.('error', error);
  }

  #note(what: string, error: unknown): void {
    this.#errors.push(`${what}, while the case ran or just after it: ${String(error)}`);
  }
}

/** After the promises, rejections and callbacks that are due by now. No timer: a browser makes those wait. */
function nextTask(): Promise<void> {
  return new Promise((resolve) => {
    if (host.setImmediate) {
      host.setImmediate(resolve);
      return;
    }
    const { port1, port2 } = new MessageChannel();
    const end = (): void => {
      port1.close();
      resolve();
    };
    port1.addEventListener('message', end, { once: true });
    port1.start();
    port2.postMessage(null);
  });
}
