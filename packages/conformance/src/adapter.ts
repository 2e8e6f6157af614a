import type { Subject } from './case.ts';
import { allCases } from './cases/index.ts';
import { defaultTimeout, execute, inspect } from './execute.ts';
import { checkExpectations, type Expectation, unmatchedExpectations } from './expectations.ts';
import { type Planned, planCases } from './plan.ts';
import { defaultFloor } from './run.ts';

/** Options of the adapters to test frameworks. */
export interface AdapterOptions {
  /** Which cases are known to fail or must not run, and why. */
  readonly expectations?: readonly Expectation[];
  /** Selects cases by id: without `*`, any part of the id; with `*` (any text), the whole id. */
  readonly only?: string;
  /** How long one case may take, in milliseconds. Default 300 000. */
  readonly timeout?: number;
}

/** A test of any framework. */
export interface AdaptedTest {
  readonly name: string;
  /** Why it does not run, or `null`. */
  readonly skip: string | null;
  /** Rejects when the test fails. */
  run(): Promise<void>;
}

/**
 * The suite as tests: one for every case, and one for each rule about the run as a whole. Never rejects:
 * an error before the first case becomes a failing test.
 */
export async function adapt(subject: Subject, options: AdapterOptions): Promise<readonly AdaptedTest[]> {
  const { expectations = [], only, timeout = defaultTimeout } = options;
  try {
    checkExpectations(expectations);
    const cases = await allCases();
    const { capabilities } = await inspect(subject, timeout);
    const planned = planCases(cases, capabilities, expectations, only);
    return [
      ...planned.map((item) => adaptCase(item, subject, timeout)),
      rule('every expectation matches a case', unmatchedExpectations(cases, expectations)),
      rule('enough cases run', describeShortfall(planned, only === undefined ? defaultFloor : 1)),
    ];
  } catch (error) {
    return [rule('the suite can start', [String(error)])];
  }
}

function adaptCase(item: Planned, subject: Subject, timeout: number): AdaptedTest {
  const { id } = item.case;
  if (item.kind !== 'run') {
    const skip = item.kind === 'skip' ? item.reason : `not applicable: ${item.reason}`;
    return { name: id, skip, run: async () => {} };
  }
  const { expectedToFail } = item;
  return {
    name: expectedToFail === null ? id : `${id} (expected to fail: ${expectedToFail})`,
    skip: null,
    async run() {
      const { error } = await execute(item.case, subject, timeout);
      if (expectedToFail === null && error) throw error;
      if (expectedToFail !== null && !error) {
        throw new Error(
          `${id} passed, but was expected to fail (${expectedToFail}): remove the expectation.`,
        );
      }
    },
  };
}

function describeShortfall(planned: readonly Planned[], floor: number): readonly string[] {
  const count = planned.filter(({ kind }) => kind === 'run').length;
  return count >= floor ? [] : [`${count} of ${planned.length} cases run; a run needs at least ${floor}.`];
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
