import type { Subject } from './case.ts';
import { aboutOf, describeSurprise, Examination, type ExaminationOptions } from './examination.ts';
import {
  type Conditions,
  defaultSeed,
  defaultTimeout,
  execute,
  inspect,
  startEngine,
  type StartedSubject,
} from './execute.ts';
import type { Planned } from './plan.ts';
import type { Report } from './report.ts';
import { outcomeOf } from './runner.ts';

/** Options of the adapters to test frameworks. */
export interface AdapterOptions extends Omit<ExaminationOptions, 'floor' | 'cases'> {
  /** How long one case may take, in milliseconds. Default 300 000. */
  readonly timeout?: number;
  /** Called once every test has run, with the report that the command would write. */
  readonly onReport?: (report: Report) => void | Promise<void>;
}

/** A test of any framework. */
interface AdaptedTest {
  readonly name: string;
  /** Why it does not run, or `null`. */
  readonly skip: string | null;
  /** Rejects when the test fails. */
  run(): Promise<void>;
}

export interface Adapted {
  readonly tests: readonly AdaptedTest[];
  /** To be called after the last test. */
  end(): Promise<void>;
}

/**
 * The suite as tests: one for every case, and one for each rule about the run as a whole. Never rejects: an error before
 * the first case becomes a failing test.
 */
export async function adapt<Engine>(subject: Subject<Engine>, options: AdapterOptions): Promise<Adapted> {
  const { timeout = defaultTimeout, seed = defaultSeed, onReport } = options;
  let started: StartedSubject | undefined;
  try {
    const examination = await Examination.of(aboutOf(subject), options);
    const opener = await startEngine(subject, timeout);
    started = opener;
    const planned = examination.plan(await inspect(opener, timeout));
    const count = planned.filter(({ kind }) => kind === 'run').length;
    return {
      tests: [
        ...planned.map((item) => adaptCase(item, examination, opener, { timeout, seed })),
        rule('every expectation matches a case', examination.mistakes()),
        rule('enough cases run', examination.shortfall(count)),
      ],
      async end() {
        const problems = await opener.stop();
        await onReport?.(examination.finish(problems));
        if (problems.length > 0) throw new Error(problems.join('\n'));
      },
    };
  } catch (error) {
    await started?.stop();
    return { tests: [rule('the suite can start', [String(error)])], end: async () => {} };
  }
}

function adaptCase(
  item: Planned,
  examination: Examination,
  subject: StartedSubject,
  conditions: Conditions,
): AdaptedTest {
  const { id } = item.case;
  if (item.kind !== 'run') {
    examination.passOver(item);
    const skip = item.kind === 'skip' ? item.reason : `not applicable: ${item.reason}`;
    return { name: id, skip, run: async () => {} };
  }
  const { expectedToFail } = item;
  return {
    name: expectedToFail === null ? id : `${id} (expected to fail: ${expectedToFail})`,
    skip: null,
    async run() {
      const execution = await execute(item.case, subject, conditions);
      const row = examination.add(item, outcomeOf(execution));
      const [surprise] = describeSurprise(row);
      if (surprise !== undefined) throw new Error(surprise);
      if (execution.error && expectedToFail === null) throw execution.error;
    },
  };
}

function rule(name: string, problems: readonly string[]): AdaptedTest {
  return {
    name,
    skip: null,
    async run() {
      if (problems.length > 0) throw new Error(problems.join('\n'));
    },
  };
}
