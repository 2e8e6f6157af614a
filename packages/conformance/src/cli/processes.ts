import type { Case } from '../case.ts';
import type { Conditions, Declared } from '../execute.ts';
import type { About } from '../examination.ts';
import type { Observed } from '../observe.ts';
import type { OnEnd, Runner } from '../runner.ts';
import { CommandError } from './arguments.ts';
import type { Answer, Request } from './messages.ts';
import { type Silence, SubjectChild } from './subject-child.ts';

/** How many cases a process runs before the next one takes over. */
export const batchSize = 500;

/** A backend that has ended this many processes is not run further. */
export const maxDeaths = 20;

/** How long a process may take to start or to end, in milliseconds. */
const patience = 60_000;

/** How long it may take to say that a limit of its own was passed. */
const grace = 15_000;

/** Where the subject comes from. */
export interface Source {
  readonly module: string;
  readonly exportName: string | undefined;
  /** Where the command runs: files and packages are found from there. */
  readonly directory: string;
}

/** What a backend had after each step of a case, up to an error if there was one. */
export interface Recording {
  readonly observed: readonly (readonly Observed[])[];
  readonly error: string | null;
  /** Whether the case ended the process, or blocked it. */
  readonly hasDied: boolean;
}

interface Batch {
  /** How many of its cases have an outcome. */
  readonly ended: number;
  readonly problems: readonly string[];
  readonly end: 'done' | 'died' | 'stopped';
}

/** Runs cases in processes of their own, some hundreds in each: a backend can end or block only the one it is in. */
export class InProcesses implements Runner {
  readonly about: About;
  readonly #load: Request & { kind: 'load' };
  #child: SubjectChild | undefined;

  /** @throws CommandError if the module has no subject */
  static async load(source: Source, conditions: Pick<Conditions, 'timeout' | 'seed'>): Promise<InProcesses> {
    const load = { kind: 'load', ...source, ...conditions } as const;
    const child = new SubjectChild();
    const answer = await ask(child, load);
    if (answer.kind === 'loaded') return new InProcesses(load, child, answer.about);
    child.kill();
    throw new CommandError(
      answer.kind === 'not-loaded'
        ? answer.message
        : `Cannot import ${source.module}: ${describeSilence(answer)}`,
    );
  }

  private constructor(load: Request & { kind: 'load' }, child: SubjectChild, about: InProcesses['about']) {
    this.#load = load;
    this.#child = child;
    this.about = about;
  }

  async inspect(): Promise<Declared | string> {
    const child = await this.#takeChild();
    child.send({ kind: 'inspect' });
    const answer = await child.next(this.#limit);
    if (answer.kind !== 'inspected') {
      child.kill();
      return describeSilence(answer);
    }
    if (typeof answer.found === 'string') child.kill();
    else this.#child = child;
    return answer.found;
  }

  async run(cases: readonly Case[], onEnd: OnEnd): Promise<readonly string[]> {
    const problems: string[] = [];
    let deaths = 0;
    for (let at = 0; at < cases.length;) {
      const batch = await this.#runBatch(cases.slice(at, at + batchSize), at, onEnd);
      at += batch.ended;
      problems.push(...batch.problems);
      if (batch.end === 'stopped') break;
      if (batch.end === 'died' && ++deaths === maxDeaths && at < cases.length) {
        problems.push(
          `${cases.length - at} cases did not run, because ${deaths} processes had died by then.`,
        );
        break;
      }
    }
    return problems;
  }

  /** Trains as a case says. Unless the case fails, its process stays for the next one. */
  async record(id: string): Promise<Recording> {
    const child = await this.#takeChild();
    this.#child = child;
    child.send({ kind: 'record', id });
    const observed: (readonly Observed[])[] = [];
    for (;;) {
      const answer = await child.next(this.#limit);
      if (answer.kind === 'observed') {
        observed.push(answer.observed);
        continue;
      }
      const hasDied = answer.kind !== 'case-ended';
      const error = hasDied ? describeSilence(answer) : answer.outcome.error;
      if (error !== null) {
        child.kill(); // what the case left behind could get into the next one
        this.#child = undefined;
      }
      return { observed, error, hasDied };
    }
  }

  /** Ends the process that has recorded cases. Resolves to what is wrong with that. */
  async endRecording(): Promise<readonly string[]> {
    return this.#child ? (await this.#runBatch([], 0, () => true)).problems : [];
  }

  /** Ends the process that is running, and with it the run. */
  kill(): void {
    this.#child?.kill();
  }

  async #runBatch(cases: readonly Case[], offset: number, onEnd: OnEnd): Promise<Batch> {
    const child = await this.#takeChild();
    this.#child = child;
    child.send({ kind: 'run', ids: cases.map(({ id }) => id) });
    let goesOn = true;
    for (let ended = 0; goesOn; ended++) {
      const start = performance.now();
      const answer = await child.next(this.#limit);
      if (answer.kind === 'case-ended') {
        goesOn = onEnd(offset + ended, answer.outcome);
        continue;
      }
      this.#child = undefined;
      if (answer.kind === 'ended') {
        const problems = [...answer.problems, ...(await part(child, cases))];
        return { ended, problems, end: 'done' };
      }
      child.kill();
      const error = describeSilence(answer);
      if (ended === cases.length) {
        return { ended, problems: [`After ${lastOf(cases)}: ${error}`], end: 'died' };
      }
      goesOn = onEnd(offset + ended, {
        error,
        diagnosis: null,
        ulp: null,
        duration: performance.now() - start,
      });
      if (goesOn) return { ended: ended + 1, problems: [], end: 'died' };
    }
    child.kill();
    return { ended: 0, problems: [], end: 'stopped' };
  }

  /** The process that waits, or a new one. */
  async #takeChild(): Promise<SubjectChild> {
    const waiting = this.#child;
    this.#child = undefined;
    if (waiting) return waiting;
    const child = new SubjectChild();
    await ask(child, this.#load); // if this fails, so does the next request
    return child;
  }

  /** Beyond the limits that the process keeps by itself, as long as nothing blocks it. */
  get #limit(): number {
    return 3 * this.#load.timeout + grace;
  }
}

function ask(child: SubjectChild, request: Request & { kind: 'load' }): Promise<Answer | Silence> {
  child.send(request);
  return child.next(request.timeout + patience);
}

/** Sees a process end by itself. */
async function part(child: SubjectChild, cases: readonly Case[]): Promise<readonly string[]> {
  const answer = await child.next(patience);
  if (answer.kind === 'exited' && answer.code === 0) return [];
  child.kill();
  return [`After ${lastOf(cases)}: ${describeSilence(answer)}`];
}

function lastOf(cases: readonly Case[]): string {
  return cases.at(-1)?.id ?? 'the last case';
}

function describeSilence(answer: Answer | Silence | undefined): string {
  if (answer?.kind === 'exited') return `The process ${answer.how}.`;
  const seconds = answer?.kind === 'silent' ? answer.milliseconds / 1000 : 0;
  return `The process did not answer within ${seconds} s and was killed.`;
}
