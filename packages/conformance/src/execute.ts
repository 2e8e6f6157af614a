import { ASGD, type Backend, type Parameter } from '@asgd/core';
import { assertionsMade } from './assertions.ts';
import type { Case, Context, Subject } from './case.ts';
import { hostMemory } from './cases/tensor-lr/host-memory.ts';
import { StrayErrors } from './stray-errors.ts';

/** The result of running one case. */
export interface Execution {
  /** What went wrong, or `null`. */
  readonly error: Error | null;
  /** The largest error that the case recorded, in ulp; `null` if it recorded none. */
  readonly ulp: number | null;
  /** In milliseconds, including opening and closing. */
  readonly duration: number;
}

/** How long one case may take, in milliseconds. Only a case that hangs takes this long, even on a busy machine. */
export const defaultTimeout = 300_000;

/** What examples are generated from, unless a run says otherwise. */
export const defaultSeed = 1992;

export interface Conditions {
  /** How long one case may take, in milliseconds. */
  readonly timeout: number;
  readonly seed: number;
  /** Throws what is wrong after a case, when its backends have been closed. */
  readonly checkAfter?: () => Promise<void>;
}

/**
 * Runs one case on a fresh backend and closes every backend opened for it. Never rejects: it resolves to any error
 * of the case or the backend. A case also fails if it takes longer than `timeout`, if an error of its backend reaches
 * nobody, or if it asserts nothing and so would pass whatever the backend did.
 */
export async function execute(
  item: Case,
  shared: StartedSubject,
  conditions: Conditions,
): Promise<Execution> {
  const { timeout, seed, checkAfter } = conditions;
  const start = performance.now();
  const opening = new Opening();
  let own: StartedSubject | undefined;
  const strayErrors = new StrayErrors();
  let ulp: number | null = null;
  const recordUlp = (value: number): void => {
    ulp = Math.max(ulp ?? 0, value);
  };
  const runCase = async (): Promise<void> => {
    // What goes wrong on purpose must not spread to other cases.
    if (item.needs.failures) own = await shared.startAnother();
    const subject = own ?? shared;
    const open = (): Promise<Backend> => opening.open(subject);
    const limitMemory = (bytes: number): Promise<Backend> =>
      opening.open({ ...subject, open: () => subject.limitMemory(bytes) });
    const { loseDevice, failNext } = subject;
    const backend = await open();
    const before = assertionsMade();
    await item.run({ backend, open, limitMemory, loseDevice, failNext, recordUlp, seed });
    if (assertionsMade() === before) {
      throw new Error(
        'The case made no assertion, so it proves nothing: call the expect functions of the suite.',
      );
    }
  };
  const thrown = await errorOf(within(timeout, runCase(), 'The case'));
  const thrownByClosing = await errorOf(within(timeout, opening.closeAll(), 'Closing the backend'));
  const [thrownByStopping] = (await own?.stop()) ?? [];
  const stray = await errorOf(strayErrors.check());
  strayErrors.stop();
  const after = checkAfter ? await errorOf(checkAfter()) : null;
  const stopping = thrownByStopping === undefined ? null : new Error(thrownByStopping);
  const error = thrown ?? thrownByClosing ?? stopping ?? stray ?? after;
  return { error, ulp, duration: performance.now() - start };
}

/** What gives the backends of a subject. */
export interface Opener {
  readonly name: string;
  open(): Backend | Promise<Backend>;
}

export interface StartedSubject extends Opener, Pick<Context, 'limitMemory' | 'loseDevice' | 'failNext'> {
  /** Starts the subject again: with an engine of its own, if there is one. */
  startAnother(): Promise<StartedSubject>;
  /** Stops the engine. Never rejects: resolves to what is wrong with that. */
  stop(): Promise<readonly string[]>;
}

/** Starts the engine that a subject's backends share, if there is one. */
export async function startEngine<Engine>(
  subject: Subject<Engine>,
  timeout: number,
): Promise<StartedSubject> {
  const { name, engine } = subject;
  const started = engine
    ? await within(
        timeout,
        callAsync(() => engine.start()),
        'Starting the engine',
      )
    : (undefined as Engine);
  return {
    name,
    open: () => subject.open(started),
    startAnother: () => startEngine(subject, timeout),
    limitMemory: (bytes) => callAsync(() => offered(subject.limitMemory).call(subject, bytes)),
    async loseDevice(backend) {
      await offered(subject.loseDevice).call(subject, backend, started);
    },
    async failNext(operation, backend, nth) {
      await offered(subject.failNext?.[operation])(backend, nth, started);
    },
    async stop() {
      if (!engine) return [];
      const stopped = within(
        timeout,
        callAsync(() => engine.stop(started)),
        'Stopping the engine',
      );
      const error = await errorOf(stopped);
      return error ? [`The engine could not be stopped: ${String(error)}`] : [];
    },
  };
}

/** @throws Error for a case that does not say what it needs */
function offered<Hook>(hook: Hook | undefined): Hook {
  if (hook !== undefined) return hook;
  throw new Error(
    'The subject cannot make this go wrong: the case should say in its needs that it needs it.',
  );
}

async function callAsync<Result>(call: () => Result | Promise<Result>): Promise<Result> {
  return call();
}

/** A subject must open a new backend each time: a used one carries traces of an earlier case. */
const given = new WeakSet<Backend>();

/** The backends that a case opens. */
class Opening {
  readonly #backends: Backend[] = [];
  #isOver = false;

  async open(subject: Opener): Promise<Backend> {
    const backend = await subject.open();
    checkFresh(backend, subject.name);
    given.add(backend);
    if (this.#isOver) {
      // The case timed out while it waited for this.
      await backend.close();
      throw new Error('The backend opened after the case had ended.');
    }
    this.#backends.push(backend);
    return backend;
  }

  async closeAll(): Promise<void> {
    this.#isOver = true;
    for (const backend of this.#backends.toReversed()) await backend.close();
  }
}

/** @throws Error when `open` returned something other than a new backend */
function checkFresh(backend: Backend, name: string): void {
  if (typeof backend?.close !== 'function' || backend.capabilities === undefined) {
    throw new TypeError(
      `open() of '${name}' returned a value of type ${typeof backend}: expected a Backend made by defineBackend.`,
    );
  }
  if (given.has(backend)) {
    throw new Error(`open() of '${name}' returned the same backend twice: expected a new one at every call.`);
  }
}

/** What a backend declares. */
export type Declared = Pick<Backend, 'name' | 'capabilities'>;

/** Opens a backend to see what it declares, and closes it. */
export async function inspect(subject: Opener, timeout: number): Promise<Declared> {
  const opening = new Opening();
  try {
    const backend = await within(timeout, opening.open(subject), 'Opening the backend');
    hostMemory(); // refuses a core of another contract than this suite's
    checkSameCore(backend);
    const { name, capabilities } = backend;
    return { name, capabilities };
  } finally {
    await within(timeout, opening.closeAll(), 'Closing the backend');
  }
}

/**
 * Two copies of `@asgd/core` do not recognize each other's parameters, so no case could start.
 * @throws ArgumentError
 */
function checkSameCore(backend: Backend): void {
  let parameter: Parameter;
  try {
    parameter = backend.parameter([0], { dtype: backend.capabilities.dtypes[0] ?? 'float32' });
  } catch {
    return; // Something else is wrong, and the cases will find it.
  }
  new ASGD([parameter]).dispose();
}

/** Stops waiting for a promise that takes too long, and ignores its result. It cannot stop code that blocks. */
async function within<Value>(timeout: number, promise: Promise<Value>, what: string): Promise<Value> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const expiry = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} did not finish within ${timeout} ms.`)), timeout);
  });
  try {
    return await Promise.race([promise, expiry]);
  } finally {
    clearTimeout(timer);
  }
}

async function errorOf(promise: Promise<unknown>): Promise<Error | null> {
  try {
    await promise;
    return null;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}
