import { ASGD, type Backend, type Parameter } from '@asgd/core';
import { assertionsMade } from './assertions.ts';
import type { Case, Subject } from './case.ts';

/** What came of running one case. */
export interface Execution {
  /** What went wrong, or `null`. */
  readonly error: Error | null;
  /** The largest error that the case recorded, in ulp; `null` if it recorded none. */
  readonly ulp: number | null;
  /** In milliseconds, with opening and closing. */
  readonly duration: number;
}

/** How long one case may take, in milliseconds: for what hangs, many times what the slowest takes on a busy machine. */
export const defaultTimeout = 300_000;

/**
 * Runs one case on a fresh backend and closes every backend opened for it. Never rejects: what is thrown, by the
 * case or by the backend, is in what it resolves to; so is a case that takes longer than `timeout`, and one that
 * asserts nothing and so would pass whatever the backend did.
 */
export async function execute(item: Case, subject: Subject, timeout: number): Promise<Execution> {
  const start = performance.now();
  const opening = new Opening(subject);
  let ulp: number | null = null;
  const recordUlp = (value: number): void => {
    ulp = Math.max(ulp ?? 0, value);
  };
  const runCase = async (): Promise<void> => {
    const backend = await opening.open();
    const before = assertionsMade();
    await item.run({ backend, open: () => opening.open(), recordUlp });
    if (assertionsMade() === before) {
      throw new Error(
        'The case asserted nothing, so it shows nothing: assert with the expect functions of the suite.',
      );
    }
  };
  const thrown = await errorOf(within(timeout, runCase(), 'The case'));
  const thrownByClosing = await errorOf(within(timeout, opening.closeAll(), 'Closing the backend'));
  return { error: thrown ?? thrownByClosing, ulp, duration: performance.now() - start };
}

/** A subject gives every backend once; a second time it would carry traces of an earlier case. */
const given = new WeakSet<Backend>();

/** The backends that a case opens. */
class Opening {
  readonly #subject: Subject;
  readonly #backends: Backend[] = [];
  #isOver = false;

  constructor(subject: Subject) {
    this.#subject = subject;
  }

  async open(): Promise<Backend> {
    const backend = await this.#subject.open();
    checkFresh(backend, this.#subject.name);
    given.add(backend);
    if (this.#isOver) {
      // The case was given up while it waited for this.
      await backend.close();
      throw new Error('The backend was opened after the case had ended.');
    }
    this.#backends.push(backend);
    return backend;
  }

  async closeAll(): Promise<void> {
    this.#isOver = true;
    for (const backend of this.#backends.toReversed()) await backend.close();
  }
}

/** @throws Error when what `open` gave is no backend, or not a fresh one */
function checkFresh(backend: Backend, name: string): void {
  if (typeof backend?.close !== 'function' || backend.capabilities === undefined) {
    throw new TypeError(
      `open() of '${name}' gave something else (${typeof backend}): expected a Backend, as defineBackend makes it.`,
    );
  }
  if (given.has(backend)) {
    throw new Error(`open() of '${name}' gave the same backend twice: expected a fresh one at every call.`);
  }
}

/** Opens a backend to see what it declares, and closes it. */
export async function inspect(
  subject: Subject,
  timeout: number,
): Promise<Pick<Backend, 'name' | 'capabilities'>> {
  const opening = new Opening(subject);
  try {
    const backend = await within(timeout, opening.open(), 'Opening the backend');
    checkSameCore(backend);
    const { name, capabilities } = backend;
    return { name, capabilities };
  } finally {
    await within(timeout, opening.closeAll(), 'Closing the backend');
  }
}

/**
 * Two copies of `@asgd/core` in one process do not know each other's parameters, and then no case can begin.
 * @throws ArgumentError which says so
 */
function checkSameCore(backend: Backend): void {
  let parameter: Parameter;
  try {
    parameter = backend.parameter([0], { dtype: backend.capabilities.dtypes[0] ?? 'float32' });
  } catch {
    return; // Something else is wrong: the cases will find it.
  }
  new ASGD([parameter]).dispose();
}

/** A promise that takes too long is left behind, and what becomes of it ignored. Code that blocks cannot be left. */
async function within<Value>(timeout: number, promise: Promise<Value>, what: string): Promise<Value> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const expiry = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} was not done after ${timeout} ms.`)), timeout);
  });
  try {
    return await Promise.race([promise, expiry]);
  } finally {
    clearTimeout(timer);
  }
}

async function errorOf(promise: Promise<void>): Promise<Error | null> {
  try {
    await promise;
    return null;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}
