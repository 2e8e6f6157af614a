import type { Report, Row } from '@asgd/conformance';

/**
 * What came of every case on every backend. The site makes a report of each backend from it. Ids are long and results
 * are alike, so an id stands here once, and names a combination of results.
 */
interface ConformanceCases {
  /** Every result that occurs. */
  readonly results: readonly CaseResult[];
  /** Every combination that occurs: a section of SPEC.md, and for each report the index of a result; -1 if it did not run. */
  readonly kinds: readonly { readonly spec: string; readonly results: readonly number[] }[];
  /** By the id of a case, the index of its kind. */
  readonly cases: Readonly<Record<string, number>>;
}

/** What a row says, without what is another figure in every run, and without what is null. */
type CaseResult = Pick<Row, 'outcome'> & {
  readonly [Key in 'reason' | 'error' | 'ulp']?: NonNullable<Row[Key]>;
};

/** The cases of several reports, in the order in which the longest of these has them. */
function casesOf(reports: readonly Report[]): ConformanceCases {
  const results = new Numbered<CaseResult>();
  const kinds = new Numbered<ConformanceCases['kinds'][number]>();
  const rows = reports.map((report) => new Map(report.rows.map((row) => [row.id, row])));
  const longestFirst = rows.toSorted((one, other) => other.size - one.size);
  const specs = new Map(longestFirst.flatMap((all) => [...all].map(([id, { spec }]) => [id, spec] as const)));
  const cases: Record<string, number> = {};
  for (const [id, spec] of specs) {
    const ofReports = rows
      .map((all) => all.get(id))
      .map((row) => (row ? results.numberOf(resultOf(row)) : -1));
    cases[id] = kinds.numberOf({ spec, results: ofReports });
  }
  return { results: results.values, kinds: kinds.values, cases };
}

/** One case a line: a change shows what changed. */
export function casesFile(reports: readonly Report[]): string {
  const { results, kinds, cases } = casesOf(reports);
  const lines = (values: readonly unknown[]): string =>
    values.map((value) => JSON.stringify(value)).join(',\n');
  const ids = Object.entries(cases).map(([id, kind]) => `${JSON.stringify(id)}:${kind}`);
  return `{"results":[\n${lines(results)}\n],"kinds":[\n${lines(kinds)}\n],"cases":{\n${ids.join(',\n')}\n}}\n`;
}

function resultOf({ outcome, reason, error, ulp }: Row): CaseResult {
  return {
    outcome,
    ...(reason !== null && { reason }),
    ...(error !== null && { error }),
    ...(ulp !== null && { ulp }),
  };
}

/** Gives equal values one number, from 0 on. */
class Numbered<Value> {
  readonly values: Value[] = [];
  readonly #numbers = new Map<string, number>();

  numberOf(value: Value): number {
    const key = JSON.stringify(value);
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    this.#numbers.set(key, this.values.length);
    return this.values.push(value) - 1;
  }
}
