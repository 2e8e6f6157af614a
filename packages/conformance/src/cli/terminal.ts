import { env } from 'node:process';
import { styleText } from 'node:util';
import { formatUlp } from '../compare.ts';
import { describeFailures } from '../describe-failures.ts';
import {
  groupRows,
  isAgainst,
  type Report,
  type Row,
  type Section,
  sectionsOf,
  summarize,
} from '../report.ts';

/** Where text is written: a terminal or a file. */
export interface Output extends NodeJS.WritableStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** How many cases end between two lines, where lines stay. */
const casesPerLine = 500;

/** How far the run is: on a terminal, one line with the last case that ended; elsewhere a line now and then. */
export class Progress {
  readonly #output: Output;
  readonly #bad: string;
  #count = 0;
  #badCount = 0;

  /** @param bad what cases do that are not as they should be */
  constructor(output: Output, bad = 'failed') {
    this.#output = output;
    this.#bad = bad;
  }

  show(id: string, isBad: boolean): void {
    this.#count++;
    if (isBad) this.#badCount++;
    const bad = this.#badCount > 0 ? `, ${this.#badCount} ${this.#bad}` : '';
    const line = `${this.#count} cases${bad}: ${id}`;
    if (this.#output.isTTY) this.#rewrite(line.slice(0, (this.#output.columns ?? 80) - 1));
    else if (this.#count % casesPerLine === 0) this.#output.write(`${line}\n`);
  }

  clear(): void {
    if (this.#output.isTTY) this.#rewrite('');
  }

  #rewrite(line: string): void {
    this.#output.write(`\r\u001b[K${line}`);
  }
}

/**
 * The report for the terminal: the kinds of case, what failed and why, and the verdict last.
 * @param again the command that runs a case alone
 */
export function describeReport(report: Report, output: Output, again: (id: string) => string): string {
  const paint = painter(output);
  const { rows, problems, passed } = report;
  const lines = [
    describeSubject(report),
    '',
    ...describeSections(sectionsOf(report), paint),
    '',
    ...describeFailures(report, again),
    ...rows
      .filter(isPassedOver)
      .map(
        ({ id, outcome, reason }) =>
          `${outcome === 'fail' ? 'failed as expected' : 'skipped'} ${id}: ${reason}`,
      ),
    ...describeMissing(rows),
    ...problems.map((problem) => `${paint('red', 'problem')} ${problem}`),
    paint(passed ? 'green' : 'red', summarize(report)),
  ];
  return `${lines.join('\n')}\n`;
}

export type Paint = (color: 'red' | 'green', text: string) => string;

export function painter(output: Output): Paint {
  const isColored = output.isTTY && !env['NO_COLOR'];
  return (color, text) => (isColored ? styleText(color, text, { validateStream: false }) : text);
}

function describeSubject({ thorough, subject, backend, suite, environment, duration }: Report): string {
  const where = [environment.runtime, environment.platform ?? ''].join(' ').trim();
  return (
    `${subject} (backend ${backend ?? 'could not be opened'}), @asgd/conformance ${suite.version}, ` +
    `PyTorch ${suite.torch}, ${where}, ${(duration / 1000).toFixed(1)} s${thorough ? ', thorough' : ''}`
  );
}

function describeSections(sections: readonly Section[], paint: Paint): readonly string[] {
  const width = Math.max(0, ...sections.map(({ name }) => name.length));
  return sections.map(({ name, rows, counts, largest }) => {
    const isBad = rows.some(isAgainst);
    const parts = [
      `${counts.pass} passed`,
      ...(counts.fail > 0 ? [`${counts.fail} failed`] : []),
      ...(counts.skip > 0 ? [`${counts.skip} skipped`] : []),
      ...(counts['not-applicable'] > 0 ? [`${counts['not-applicable']} not applicable`] : []),
      ...describeLargest(largest.pytorch, 'PyTorch'),
      ...describeLargest(largest.reference, 'the reference'),
    ];
    return `  ${paint(isBad ? 'red' : 'green', isBad ? '✗' : '✓')} ${name.padEnd(width)}  ${parts.join(', ')}`;
  });
}

function describeLargest(ulp: Row['ulp'], from: string): readonly string[] {
  if (ulp === null || ulp === 0) return [];
  return [ulp === 'infinite' ? `NaN unlike ${from}` : `up to ${formatUlp(ulp)} from ${from}`];
}

function isPassedOver({ outcome, expectedToFail }: Row): boolean {
  return outcome === 'skip' || (outcome === 'fail' && expectedToFail);
}

function describeMissing(rows: readonly Row[]): readonly string[] {
  const missing = rows.filter(({ outcome }) => outcome === 'not-applicable');
  return groupRows(missing, ({ reason }) => reason ?? '').map(
    ([reason, { length }]) => `not applicable (${length}): ${reason}`,
  );
}
