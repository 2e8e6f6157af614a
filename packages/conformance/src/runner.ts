import type { Case, Subject } from './case.ts';
import { MismatchError } from './compare.ts';
import type { Diagnosis } from './diagnosis.ts';
import {
  type Conditions,
  type Declared,
  execute,
  type Execution,
  inspect,
  startEngine,
  type StartedSubject,
} from './execute.ts';

/** What came of a case. */
export interface Outcome {
  /** What went wrong, or `null`. */
  readonly error: string | null;
  /** What can be said of a wrong update. */
  readonly diagnosis: Diagnosis | null;
  /** The largest error that the case recorded, in ulp; `null` if it recorded none. */
  readonly ulp: number | null;
  /** In milliseconds, including opening and closing. */
  readonly duration: number;
}

/** Called with the place of a case among those that run. Whether the run goes on. */
export type OnEnd = (at: number, outcome: Outcome) => boolean;

/** Where cases run: in this thread, or in processes of their own. */
export interface Runner {
  /** What the backend declares, or why it cannot be opened. */
  inspect(): Promise<Declared | string>;
  /** Runs cases, in order. Resolves to what is wrong apart from their outcomes; never rejects because of a backend. */
  run(cases: readonly Case[], onEnd: OnEnd): Promise<readonly string[]>;
}

/** An execution as plain data. */
export function outcomeOf({ error, ulp, duration }: Execution): Outcome {
  const diagnosis = error instanceof MismatchError ? error.diagnosis : null;
  return { error: error && `${error.name}: ${error.message}`, diagnosis, ulp, duration };
}

/** Runs cases in the thread that it is called in. */
export class InThread<Engine> implements Runner {
  readonly #subject: Subject<Engine>;
  readonly #conditions: Conditions;
  #started: StartedSubject | undefined;

  constructor(subject: Subject<Engine>, conditions: Conditions) {
    this.#subject = subject;
    this.#conditions = conditions;
  }

  async inspect(): Promise<Declared | string> {
    const { timeout } = this.#conditions;
    let started: StartedSubject | undefined;
    try {
      started = await startEngine(this.#subject, timeout);
      const declared = await inspect(started, timeout);
      this.#started = started;
      return declared;
    } catch (error) {
      await started?.stop();
      return String(error);
    }
  }

  async run(cases: readonly Case[], onEnd: OnEnd): Promise<readonly string[]> {
    for (const [at, item] of cases.entries()) {
      if (!onEnd(at, await this.runOne(item))) break;
    }
    return this.stop();
  }

  /** Runs a case. The engine goes on running for the next one. */
  async runOne(item: Case): Promise<Outcome> {
    this.#started ??= await startEngine(this.#subject, this.#conditions.timeout);
    return outcomeOf(await execute(item, this.#started, this.#conditions));
  }

  /** Stops the engine, if it runs. Resolves to what is wrong with that. */
  async stop(): Promise<readonly string[]> {
    const started = this.#started;
    this.#started = undefined;
    return started ? started.stop() : [];
  }
}
