import type { Case, Subject } from './case.ts';
import { allCases } from './cases/index.ts';
import { currentEnvironment } from './environment.ts';
import { defaultTimeout, execute, inspect } from './execute.ts';
import { checkExpectations, type Expectation, unmatchedExpectations } from './expectations.ts';
import { type Planned, planCases } from './plan.ts';
import { countOutcomes, isAgainst, type Report, REPORT_SCHEMA, type Row, toPlainUlp } from './report.ts';
import { suite } from './suite.ts';

export interface RunOptions {
  /** What is known to fail or must not run, and why. */
  readonly expectations?: readonly Expectation[];
  /** Only cases whose id matches: with `*` for any text, or without it a part of the id. */
  readonly only?: string;
  /** How long one case may take, in milliseconds. Default 300 000. */
  readonly timeout?: number;
  /** The fewest cases that must be carried out, whether they pass or not. Default {@link defaultFloor}. */
  readonly floor?: number;
  /** The cases, by default all of the suite's. */
  readonly cases?: readonly Case[];
  /** Called after every case, in order. */
  readonly onRow?: (row: Row) => void;
}

/**
 * A run that carries out fewer cases shows too little. A backend with float32 alone, memory out of the host's
 * sight and every latitude still faces about 1600.
 */
export const defaultFloor = 1000;

/**
 * Examines a backend. Resolves to a report whatever the backend does; rejects only for arguments that make no
 * sense.
 * @throws ArgumentError for expectations that are not fully stated
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
  return `No case was run, because the backend could not be opened and used: ${String(error)}`;
}

function describeSurprise({ id, outcome, expectedToFail, reason }: Row): readonly string[] {
  if (!expectedToFail || outcome !== 'pass') return [];
  return [`${id} passed, but was expected to fail (${reason}): drop the expectation.`];
}

function describeShortfall(rows: readonly Row[], floor: number): readonly string[] {
  const executed = rows.filter(({ outcome }) => outcome === 'pass' || outcome === 'fail').length;
  if (executed >= floor) return [];
  return [
    `${executed} of ${rows.length} cases were carried out, fewer than the ${floor} that a run needs to count.`,
  ];
}
