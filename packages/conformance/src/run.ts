import type { Case, Subject } from './case.ts';
import { allCases } from './cases/index.ts';
import { currentEnvironment } from './environment.ts';
import { defaultTimeout, execute, inspect } from './execute.ts';
import { checkExpectations, type Expectation, unmatchedExpectations } from './expectations.ts';
import { type Planned, planCases } from './plan.ts';
import { countOutcomes, isAgainst, type Report, REPORT_SCHEMA, type Row, toPlainUlp } from './report.ts';
import { suite } from './suite.ts';

export interface RunOptions {
  /** Which cases are known to fail or must not run, and why. */
  readonly expectations?: readonly Expectation[];
  /** Selects cases by id: without `*`, any part of the id; with `*` (any text), the whole id. */
  readonly only?: string;
  /** How long one case may take, in milliseconds. Default 300 000. */
  readonly timeout?: number;
  /** How many cases must run at least, whether they pass or not. Default {@link defaultFloor}. */
  readonly floor?: number;
  /** The cases to run. Default: the whole suite. */
  readonly cases?: readonly Case[];
  /** Called after every case, in order. */
  readonly onRow?: (row: Row) => void;
}

/**
 * A run of fewer cases proves too little. A backend with only float32, memory that the host cannot see, and all
 * latitude still runs about 1600.
 */
export const defaultFloor = 1000;

/**
 * Examines a backend. Resolves to a report whatever the backend does; rejects only for invalid
 * arguments.
 * @throws ArgumentError for incomplete expectations
 */
export async function run(subject: Subject, options: RunOptions = {}): Promise<Report> {
  const { expectations = [], only, timeout = defaultTimeout, onRow = () => {} } = options;
  checkExpectations(expectations);
  const cases = options.cases ?? (await allCases());
  const floor = options.floor ?? (only === undefined && options.cases === undefined ? defaultFloor : 1);
  const startedAt = new Date().toISOString();
  const start = performance.now();

  const found = await inspect(subject, timeout).catch((error: unknown) => describeOpening(error));
  const rows: Row[] = [];
  const planned = typeof found === 'string' ? [] : planCases(cases, found.capabilities, expectations, only);
  for (const item of planned) {
    const row = await carryOut(item, subject, timeout);
    rows.push(row);
    onRow(row);
  }
  const problems = [
    ...(typeof found === 'string' ? [found] : []),
    ...unmatchedExpectations(cases, expectations),
    ...rows.flatMap(describeSurprise),
    ...describeShortfall(rows, floor),
  ];
  return {
    schema: REPORT_SCHEMA,
    subject: subject.name,
    backend: typeof found === 'string' ? null : found.name,
    capabilities: typeof found === 'string' ? null : found.capabilities,
    suite,
    environment: currentEnvironment(),
    startedAt,
    duration: performance.now() - start,
    only: only ?? null,
    passed: problems.length === 0 && !rows.some(isAgainst),
    problems,
    counts: countOutcomes(rows),
    rows,
  };
}

async function carryOut(item: Planned, subject: Subject, timeout: number): Promise<Row> {
  const { id, spec } = item.case;
  if (item.kind !== 'run') {
    const { kind: outcome, reason } = item;
    return { id, spec, outcome, expectedToFail: false, reason, error: null, ulp: null, duration: 0 };
  }
  const { error, ulp, duration } = await execute(item.case, subject, timeout);
  return {
    id,
    spec,
    outcome: error === null ? 'pass' : 'fail',
    expectedToFail: item.expectedToFail !== null,
    reason: item.expectedToFail,
    error: error && `${error.name}: ${error.message}`,
    ulp: toPlainUlp(ulp),
    duration,
  };
}

function describeOpening(error: unknown): string {
  return `No case ran, because the backend could not be opened: ${String(error)}`;
}

function describeSurprise({ id, outcome, expectedToFail, reason }: Row): readonly string[] {
  if (!expectedToFail || outcome !== 'pass') return [];
  return [`${id} passed, but was expected to fail (${reason}): remove the expectation.`];
}

function describeShortfall(rows: readonly Row[], floor: number): readonly string[] {
  const executed = rows.filter(({ outcome }) => outcome === 'pass' || outcome === 'fail').length;
  if (executed >= floor) return [];
  return [`${executed} of ${rows.length} cases ran; a run needs at least ${floor}.`];
}
