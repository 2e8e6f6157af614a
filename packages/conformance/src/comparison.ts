import type { Difference } from './difference.ts';
import type { Environment } from './environment.ts';
import type { Report, Suite } from './report.ts';

/** The version of the comparison's format, of which comparison.schema.json is the schema. */
export const COMPARISON_SCHEMA = 1;

/** `failed`: an error on one of the two, so that nothing can be said. */
type ComparisonOutcome = 'equal' | 'different' | 'failed' | 'not-applicable';

/** What came of one case. */
export interface ComparisonRow {
  readonly id: string;
  readonly outcome: ComparisonOutcome;
  /** Why it failed or does not apply, and on which backend. */
  readonly reason: string | null;
  readonly difference: Difference | null;
}

/** One of the two that are compared, as a report has it. */
export type ComparedSubject = Pick<Report, 'subject' | 'engine' | 'backend' | 'capabilities'>;

/** Where the bits of two backends differ: plain data, as written to JSON. */
export interface Comparison extends Pick<Report, 'startedAt' | 'duration' | 'selection' | 'thorough'> {
  readonly schema: typeof COMPARISON_SCHEMA;
  readonly subjects: readonly [ComparedSubject, ComparedSubject];
  readonly suite: Suite;
  readonly environment: Environment;
  /** `incomplete`: a case failed, none ran, or there are problems. `unfinished`: the cases still run. */
  readonly verdict: 'equal' | 'different' | 'incomplete' | 'unfinished';
  /** What is wrong with the comparison as a whole. */
  readonly problems: readonly string[];
  readonly counts: Readonly<Record<ComparisonOutcome, number>>;
  /** One a case, in the order in which they ran. */
  readonly rows: readonly ComparisonRow[];
}

/** How many rows have each outcome. */
export function countCompared(rows: readonly ComparisonRow[]): Comparison['counts'] {
  const counts = { equal: 0, different: 0, failed: 0, 'not-applicable': 0 };
  for (const { outcome } of rows) counts[outcome]++;
  return counts;
}

/** Nothing is called equal, or merely different, that was not compared to the end. */
export function verdictOfComparison({
  problems,
  counts,
}: Pick<Comparison, 'problems' | 'counts'>): Comparison['verdict'] {
  if (problems.length > 0 || counts.failed > 0) return 'incomplete';
  if (counts.different > 0) return 'different';
  return counts.equal > 0 ? 'equal' : 'incomplete';
}
