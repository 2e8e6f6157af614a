import { type Cause, causesOf } from './causes.ts';
import { formatUlp } from './compare.ts';
import type { Diagnosis, Figure } from './diagnosis.ts';
import type { Report, Row } from './report.ts';

/** How many causes are described, and how many more cases of each are named. */
export const shown: { readonly causes: number; readonly ids: number } = { causes: 10, ids: 3 };

/** How long the text of an error may be, in lines. */
const maxErrorLines = 12;

/**
 * What failed, by cause: of each the smallest case, with what it started from and what came out.
 * @param again the command that runs a case alone
 */
export function describeFailures(report: Report, again: (id: string) => string): readonly string[] {
  const causes = causesOf(report.rows);
  const rest = causes.slice(shown.causes);
  const count = rest.reduce((sum, { rows }) => sum + rows.length, 0);
  return [
    ...causes.slice(0, shown.causes).flatMap((cause, at) => [...describeCause(cause, at + 1, again), '']),
    ...(rest.length > 0
      ? [`and ${count} failed cases of ${rest.length} other kinds: see the report (--json).`, '']
      : []),
  ];
}

/** One cause, its heading first. */
export function describeCause(
  { asIf, rows }: Cause,
  number: number,
  again: (id: string) => string,
): readonly string[] {
  const [smallest, ...others] = rows;
  const { id, spec, error, diagnosis } = smallest;
  const explained = asIf === null ? '' : `, as if ${asIf}`;
  const details = diagnosis ? describeWrongUpdate(diagnosis, asIf) : describeError(error ?? '');
  return [
    `${number}. ${rows.length} failed${explained}`,
    ...[`${id} (SPEC.md, ${spec})`, ...details, `again: ${again(id)}`, ...nameOthers(others)].map(
      (line) => `   ${line}`,
    ),
  ];
}

function describeWrongUpdate(diagnosis: Diagnosis, asIf: string | null): readonly string[] {
  const { wrong, dtype, step, index, length, count, inputs, scalars, maximize, expected, actual, ulp } =
    diagnosis;
  const apart = ulp === 'infinite' ? 'a NaN and a number' : `${formatUlp(ulp)} apart`;
  const suspects =
    asIf === null && diagnosis.asIf.length > 0 ? [`perhaps as if ${diagnosis.asIf.join(', or ')}`] : [];
  return [
    `step ${step}: ${count} of ${length} elements wrong, the first at index ${index} (${dtype})`,
    ...describeFigures({ ...inputs, ...scalars }),
    ...(maximize ? ['maximize'] : []),
    ...describeFigures({ [`${wrong} expected`]: expected, [`${wrong} got`]: actual }),
    apart,
    ...suspects,
  ].map((line) => `  ${line}`);
}

export function describeFigures(figures: Readonly<Record<string, Figure>>): readonly string[] {
  const entries = Object.entries(figures);
  const nameWidth = Math.max(...entries.map(([name]) => name.length));
  const decimalWidth = Math.max(...entries.map(([, { decimal }]) => decimal.length));
  return entries.map(
    ([name, { decimal, bits }]) => `${name.padEnd(nameWidth)}  ${decimal.padEnd(decimalWidth)}  ${bits}`,
  );
}

function describeError(error: string): readonly string[] {
  // Where in the suite it was, and fast-check's advice to its own users, help nobody here.
  const lines = error.split('\n').filter((line) => !/^\s+at |^\s*$|^Hint: /.test(line));
  const more = lines.length - maxErrorLines;
  return [...lines.slice(0, maxErrorLines), ...(more > 0 ? [`… and ${more} more lines`] : [])].map(
    (line) => `  ${line}`,
  );
}

function nameOthers(others: readonly Row[]): readonly string[] {
  if (others.length === 0) return [];
  const names = others.slice(0, shown.ids).map(({ id }) => id);
  const more = others.length - names.length;
  return [`also: ${names.join(', ')}${more > 0 ? `, and ${more} more` : ''}`];
}
