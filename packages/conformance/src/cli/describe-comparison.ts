import { formatUlp } from '../compare.ts';
import type { Comparison, ComparisonRow } from '../comparison.ts';
import type { Difference } from '../difference.ts';
import { groupRows } from '../report.ts';
import { describeFigures } from '../describe-failures.ts';
import { type Output, painter } from './terminal.ts';

/** How many cases are described. */
const shown = 10;

type Differing = ComparisonRow & { readonly difference: Difference };

/** The comparison for the terminal: the cases that differ, what differs in them, what did not run, the verdict last. */
export function describeComparison(comparison: Comparison, output: Output): string {
  const { subjects, suite, environment, duration, rows, problems, verdict } = comparison;
  const names = subjects.map(({ subject }) => subject);
  const of = subjects.map(
    ({ subject, backend }) => `${subject} (backend ${backend ?? 'could not be opened'})`,
  );
  const where = [environment.runtime, environment.platform ?? ''].join(' ').trim();
  const paint = painter(output);
  const lines = [
    `${of.join(' and ')}, @asgd/conformance ${suite.version}, ${where}, ${(duration / 1000).toFixed(1)} s`,
    '',
    ...describeDiffering(rows.filter(isDiffering), names),
    ...describeFailed(rows.filter(({ outcome }) => outcome === 'failed')),
    ...describeMissing(rows.filter(({ outcome }) => outcome === 'not-applicable')),
    ...problems.map((problem) => `${paint('red', 'problem')} ${problem}`),
    paint(verdict === 'equal' ? 'green' : 'red', summarizeComparison(comparison)),
  ];
  return `${lines.join('\n')}\n`;
}

/** `cpu and wasm: equal, 210 of 210 compared cases are equal (0 failed, 0 not applicable)`. */
function summarizeComparison({ subjects, verdict, counts }: Comparison): string {
  const { equal, different, failed } = counts;
  const names = subjects.map(({ subject }) => subject).join(' and ');
  const compared = equal + different;
  const rest = `${failed} failed, ${counts['not-applicable']} not applicable`;
  const verdicts: Readonly<Record<Comparison['verdict'], string>> = {
    equal: 'equal',
    different: 'different',
    incomplete: 'not compared in full',
    unfinished: 'unfinished',
  };
  return `${names}: ${verdicts[verdict]}, ${equal} of ${compared} compared cases are equal (${rest})`;
}

function isDiffering(row: ComparisonRow): row is Differing {
  return row.difference !== null;
}

function describeDiffering(rows: readonly Differing[], names: readonly string[]): readonly string[] {
  if (rows.length === 0) return [];
  const rest = rows.length - shown;
  return [
    ...rows.slice(0, shown).flatMap((row, at) => describeOne(row, at + 1, names)),
    ...(rest > 0 ? [`and ${rest} more cases that differ: see the comparison (--json)`] : []),
    '',
    ...describeKinds(rows),
    '',
  ];
}

function describeOne({ id, difference }: Differing, number: number, names: readonly string[]): string[] {
  const { step, parameter, count, length, index, dtype, values, ulp } = difference;
  const when = step === 0 ? 'before the first step' : `step ${step}`;
  const place = length === 1 ? '' : `: ${count} of ${length} numbers differ, the first at index ${index}`;
  const [first = '', second = ''] = names;
  return [
    `${number}. ${id}`,
    `   ${when}, ${whatOf(difference)} ${parameter}${place} (${dtype})`,
    ...describeFigures({ [first]: values[0], [second]: values[1] }).map((line) => `   ${line}`),
    ...(ulp === null ? [] : [`   ${describeDistance(ulp)}`]),
  ];
}

/** Before the number of a parameter. */
function whatOf({ what }: Difference): string {
  return what === 'parameter' ? what : `${what} of parameter`;
}

function describeDistance(ulp: number | 'infinite'): string {
  if (ulp === 'infinite') return 'a NaN and a number';
  return ulp === 0 ? 'zeros of different signs' : `${formatUlp(ulp)} apart`;
}

/** What differs first in a case, how often, and how far it is apart there. */
function describeKinds(rows: readonly Differing[]): readonly string[] {
  const kinds = groupRows(rows, ({ difference: { what, dtype } }) => `${what} in ${dtype}`);
  return kinds.map(([kind, members]) => {
    const { length } = members;
    const ulps = members.map(({ difference: { ulp } }) => ulp);
    const numbers = ulps.filter((ulp) => typeof ulp === 'number');
    const infinite = ulps.filter((ulp) => ulp === 'infinite').length;
    const parts = [
      `first to differ in ${length} ${length === 1 ? 'case' : 'cases'}`,
      ...(numbers.length > 0 ? [`up to ${formatUlp(Math.max(...numbers))} apart`] : []),
      ...(infinite > 0 ? [`${infinite} times a NaN and a number`] : []),
    ];
    return `${kind}: ${parts.join(', ')}`;
  });
}

function describeFailed(rows: readonly ComparisonRow[]): readonly string[] {
  const rest = rows.length - shown;
  return [
    ...rows.slice(0, shown).map(({ id, reason }) => `failed ${id}: ${reason?.split('\n', 1)[0]}`),
    ...(rest > 0 ? [`and ${rest} more cases that failed`] : []),
  ];
}

function describeMissing(rows: readonly ComparisonRow[]): readonly string[] {
  return groupRows(rows, ({ reason }) => reason ?? '').map(
    ([reason, { length }]) => `not applicable (${length}): ${reason}`,
  );
}
