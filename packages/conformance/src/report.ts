import type { Capabilities } from '@asgd/core';
import type { Failure } from './case.ts';
import type { Diagnosis } from './diagnosis.ts';
import type { Environment } from './environment.ts';

/** The version of the report's format. Readers should reject one that they do not know. */
export const REPORT_SCHEMA = 1;

/** The outcome of one case. */
export type Outcome = 'pass' | 'fail' | 'skip' | 'not-applicable';

/** What came of one case. */
export interface Row {
  /** The id of the case. */
  readonly id: string;
  /** The section of SPEC.md that the case checks. */
  readonly spec: string;
  /** How it ended. */
  readonly outcome: Outcome;
  /** Whether an expectation said that this case would fail. */
  readonly expectedToFail: boolean;
  /** Why it was skipped, does not apply or is expected to fail. */
  readonly reason: string | null;
  /** What went wrong, when it failed. */
  readonly error: string | null;
  /** What can be said of the update that went wrong, if one did. */
  readonly diagnosis: Diagnosis | null;
  /**
   * The largest error seen, in units in the last place, whether or not it was permitted: how far a result is from the
   * reference's or PyTorch's. `'infinite'` between a NaN and a number, `null` if nothing was measured.
   */
  readonly ulp: number | 'infinite' | null;
  /** In milliseconds. */
  readonly duration: number;
}

/**
 * What a run says of its subject. Only a whole run can say that a backend conforms: with exceptions, if expectations
 * skip cases or excuse failures. A report that is written while the run goes on is unfinished.
 */
export type Verdict =
  | 'conforms'
  | 'conforms with exceptions'
  | 'does not conform'
  | 'the selection passes'
  | 'the selection fails'
  | 'unfinished';

/** Which suite ran: its version, and its reference vectors by their hashes. */
export interface Suite {
  /** The version of this package. */
  readonly version: string;
  /** The release of PyTorch that made the vectors. */
  readonly torch: string;
  /** SHA-256 of each file of vectors. */
  readonly vectors: Readonly<Record<string, string>>;
}

/** The result of a run: plain data, as written to JSON. */
export interface Report {
  /** The version of this format. */
  readonly schema: typeof REPORT_SCHEMA;
  /** The name of the subject. */
  readonly subject: string;
  /** The name and the capabilities that the backend declares; `null` if none could be opened. */
  readonly backend: string | null;
  /** What the backend declares that it can do; `null` if none could be opened. */
  readonly capabilities: Capabilities | null;
  /** Which suite ran. */
  readonly suite: Suite;
  /** Where it ran. */
  readonly environment: Environment;
  /** ISO 8601. */
  readonly startedAt: string;
  /** In milliseconds. */
  readonly duration: number;
  /** Which cases were selected, or `null` if the whole suite was. */
  readonly selection: {
    /** Ids and patterns; `null` for all. */
    readonly only: readonly string[] | null;
    /** `1/4`; `null` for all. */
    readonly shard: string | null;
  } | null;
  /** Whether the thorough cases were among those selected. */
  readonly thorough: boolean;
  /** What generated examples started from. */
  readonly seed: number;
  /** Whether the cases shared the engine of the subject, or each started from nothing. */
  readonly engine: 'shared' | 'fresh';
  /** What the subject can make go wrong. Cases that need more of it do not apply. */
  readonly failures: readonly Failure[];
  /** How large tensors may be, in bytes, as the subject says. */
  readonly maxBytes: number;
  /** What the run says of the backend. */
  readonly verdict: Verdict;
  /** Whether the run is over, nothing failed unexpectedly and there are no problems. */
  readonly passed: boolean;
  /** What is wrong with the run as a whole. */
  readonly problems: readonly string[];
  /** How many cases had each outcome. */
  readonly counts: Readonly<Record<Outcome, number>>;
  /** One a case, in the order in which they ran. */
  readonly rows: readonly Row[];
}

/** Whether a row counts against the backend: an unexpected failure, or a pass where a failure was expected. */
export function isAgainst({ outcome, expectedToFail }: Row): boolean {
  return expectedToFail ? outcome === 'pass' : outcome === 'fail';
}

/** How many rows have each outcome. */
export function countOutcomes(rows: readonly Row[]): Report['counts'] {
  const counts = { pass: 0, fail: 0, skip: 0, 'not-applicable': 0 };
  for (const { outcome } of rows) counts[outcome]++;
  return counts;
}

/** The rows of one kind of case: their ids begin with the same word. */
export interface Section {
  readonly name: string;
  readonly rows: readonly Row[];
  readonly counts: Report['counts'];
  /** The largest errors, in ulp: of what is compared with PyTorch, and of what is compared with the reference. */
  readonly largest: Readonly<Record<'pytorch' | 'reference', Row['ulp']>>;
}

/** The rows by kind of case, in the order in which they ran. */
export function sectionsOf({ rows }: Pick<Report, 'rows'>): readonly Section[] {
  return groupRows(rows, ({ id }) => id.split('/', 1)[0] ?? id).map(([name, members]) => ({
    name,
    rows: members,
    counts: countOutcomes(members),
    largest: {
      pytorch: largestUlp(members.filter(isFromPyTorch)),
      reference: largestUlp(members.filter((row) => !isFromPyTorch(row))),
    },
  }));
}

/** Whether its expected values come from PyTorch. */
function isFromPyTorch({ id }: Row): boolean {
  return id.startsWith('vectors/') || id.includes('/vectors/');
}

/** Rows that share a key, in the order in which keys first occur. */
export function groupRows<Item>(
  rows: readonly Item[],
  keyOf: (row: Item) => string,
): readonly (readonly [key: string, members: readonly Item[]])[] {
  const groups = new Map<string, Item[]>();
  for (const row of rows) {
    const members = groups.get(keyOf(row));
    if (members) members.push(row);
    else groups.set(keyOf(row), [row]);
  }
  return [...groups];
}

/** The largest error of some rows. */
function largestUlp(rows: readonly Row[]): Row['ulp'] {
  let largest: number | null = null;
  for (const { ulp } of rows) {
    if (ulp !== null) largest = Math.max(largest ?? 0, ulp === 'infinite' ? Infinity : ulp);
  }
  return toPlainUlp(largest);
}

/** JSON has no Infinity. */
export function toPlainUlp(ulp: number | null): Row['ulp'] {
  return ulp === Infinity ? 'infinite' : ulp;
}

/** The verdict on a run that is over. */
export function verdictOf(report: Pick<Report, 'selection' | 'problems' | 'rows'>): Verdict {
  const { selection, problems, rows } = report;
  const passes = problems.length === 0 && !rows.some(isAgainst);
  if (selection !== null) return passes ? 'the selection passes' : 'the selection fails';
  if (!passes) return 'does not conform';
  const isExcused = ({ outcome, expectedToFail }: Row): boolean => outcome === 'skip' || expectedToFail;
  return rows.some(isExcused) ? 'conforms with exceptions' : 'conforms';
}

/** Whether a verdict speaks for the backend. */
export function isFavorable(verdict: Verdict): boolean {
  return !['does not conform', 'the selection fails', 'unfinished'].includes(verdict);
}

/** The verdict, with the numbers of cases where it is of a selection. */
export function describeVerdict({ verdict, rows }: Report): string {
  const executed = rows.filter(({ outcome }) => outcome === 'pass' || outcome === 'fail');
  const failed = executed.filter(isAgainst).length;
  const { length } = executed;
  if (verdict === 'the selection passes') {
    return `${length} selected ${length === 1 ? 'case passes' : 'cases pass'}`;
  }
  if (verdict === 'the selection fails' && failed > 0) {
    return `${failed} of ${length} selected ${length === 1 ? 'case' : 'cases'} failed`;
  }
  return verdict;
}

/** One line that says how a run went. */
export function summarize(report: Report): string {
  const { subject, counts, problems, rows } = report;
  const parts = [
    `${counts.pass} passed`,
    `${counts.fail} failed${countExpected(rows)}`,
    `${counts.skip} skipped`,
    `${counts['not-applicable']} not applicable`,
    ...(problems.length > 0 ? [`${problems.length} problem${problems.length > 1 ? 's' : ''}`] : []),
  ];
  return `${subject}: ${describeVerdict(report)} (${parts.join(', ')})`;
}

function countExpected(rows: readonly Row[]): string {
  const expected = rows.filter(({ outcome, expectedToFail }) => outcome === 'fail' && expectedToFail);
  return expected.length > 0 ? ` (${expected.length} as expected)` : '';
}
