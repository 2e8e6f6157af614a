import type { Report, Row } from '@asgd/conformance';

/** The report of the conformance suite on one backend, as the page on evidence has it: without times. */
export interface CaseReport extends Pick<Report, 'subject' | 'verdict' | 'counts'> {
  readonly runtime: string;
  readonly date: string;
  readonly machine: string;
  /** The version of the suite. */
  readonly suite: string;
  /** The release of PyTorch that made the vectors. */
  readonly torch: string;
  readonly cases: readonly Case[];
}

/** What came of one case, without what is null in the suite's own report. */
export type Case = Pick<Row, 'id' | 'spec' | 'outcome'> & {
  readonly [Key in 'reason' | 'error' | 'ulp']?: NonNullable<Row[Key]>;
};

/** Which cases to show: every word occurs in the id, the section or the reason. */
export interface CaseFilter {
  readonly outcome: Row['outcome'] | 'all';
  readonly words: string;
}

export function filterCases(cases: CaseReport['cases'], { outcome, words }: CaseFilter): CaseReport['cases'] {
  const wanted = words.toLowerCase().split(/\s+/);
  return cases.filter((one) => {
    const text = `${one.id} ${one.spec} ${one.reason ?? ''} ${one.error ?? ''}`.toLowerCase();
    return (outcome === 'all' || one.outcome === outcome) && wanted.every((word) => text.includes(word));
  });
}

const outcomes = {
  pass: 'passed',
  fail: 'failed',
  skip: 'skipped',
  'not-applicable': 'not applicable',
} as const;

/** What came of a case, and the section of the specification that it checks, in a line. */
export function wordsOf({ outcome, spec, reason, error, ulp }: Case): string {
  const why = [reason, error].filter((text) => text !== undefined).join('; ');
  const end = why === '' ? outcomes[outcome] : `${outcomes[outcome]}: ${why}`;
  return [spec, end, ...(ulp === undefined ? [] : [`error ${ulp} ulp`])].join(' · ');
}
