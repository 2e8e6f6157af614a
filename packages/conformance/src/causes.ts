import { groupRows, isAgainst, type Row } from './report.ts';

/** Failures that look like one mistake. */
export interface Cause {
  /** The one mistake that explains every wrong update among them, in words that follow "as if"; else `null`. */
  readonly asIf: string | null;
  /** The smallest first, by the length of the parameter and then the steps; or in the order in which they ran. */
  readonly rows: readonly [Row, ...Row[]];
}

/** The unexpected failures by cause: what explains most comes first. */
export function causesOf(rows: readonly Row[]): readonly Cause[] {
  let unexplained = rows.filter((row) => row.outcome === 'fail' && isAgainst(row));
  // What explains one failure among several may be a coincidence.
  const fewest = Math.min(2, unexplained.filter(({ diagnosis }) => diagnosis).length);
  const causes: Cause[] = [];
  for (;;) {
    const cause = largestExplained(unexplained);
    if (!cause || cause.rows.length < fewest) break;
    causes.push(cause);
    unexplained = unexplained.filter((row) => !cause.rows.includes(row));
  }
  const others = groupRows(unexplained, ({ error }) => signatureOf(error ?? ''));
  return [...causes, ...others.map(([, members]) => ({ asIf: null, rows: smallestFirst(members) }))];
}

/** The failures that one mistake explains, if no other explains as many. */
function largestExplained(rows: readonly Row[]): Cause | undefined {
  const suspectsOf = ({ diagnosis }: Row): readonly string[] => diagnosis?.asIf ?? [];
  const [first, second] = [...new Set(rows.flatMap(suspectsOf))]
    .map((asIf) => ({ asIf, members: rows.filter((row) => suspectsOf(row).includes(asIf)) }))
    .toSorted((a, b) => b.members.length - a.members.length);
  if (!first || first.members.length === second?.members.length) return undefined;
  return { asIf: first.asIf, rows: smallestFirst(first.members) };
}

function smallestFirst(rows: readonly Row[]): Cause['rows'] {
  const sizeOf = ({ diagnosis }: Row): readonly [number, number] =>
    diagnosis ? [diagnosis.length, diagnosis.step] : [Infinity, 0];
  const sorted = rows.toSorted((a, b) => {
    const [lengthA, stepA] = sizeOf(a);
    const [lengthB, stepB] = sizeOf(b);
    return lengthA === lengthB ? stepA - stepB : lengthA - lengthB;
  });
  return sorted as [Row, ...Row[]]; // nobody asks for none
}

/** An error's first words, without the numbers in which one case differs from another. */
function signatureOf(error: string): string {
  const [first = ''] = error.split('\n', 1);
  const thrown = /^ *Got .*$/m.exec(error)?.[0] ?? ''; // what a property threw
  return `${first}\n${thrown}`.replaceAll(/-?\b(\d[\d.]*(e[+-]?\d+)?|NaN|Infinity)\b/g, '#');
}
