import { type Cause, causesOf } from './causes.ts';
import { formatUlp } from './compare.ts';
import { groupRows, type Report, type Row, sectionsOf, summarize } from './report.ts';

/** A report to read: the verdict, a table of the kinds of case, and every case that did not simply pass. */
export function toMarkdown(report: Report): string {
  const { rows } = report;
  const blocks = [
    `# Conformance of ${escape(report.subject)}`,
    `**${escape(summarize(report))}**`,
    list('Problems', report.problems.map(escape)),
    describeRun(report),
    tabulate(report),
    list('Failed', causesOf(rows).map(describeCause)),
    list('Expected to fail', rows.filter(({ expectedToFail }) => expectedToFail).map(describeExpected)),
    list('Skipped', rows.filter(({ outcome }) => outcome === 'skip').map(withReason)),
    list('Not applicable', describeNotApplicable(rows)),
  ];
  return `${blocks.filter((block) => block !== '').join('\n\n')}\n`;
}

function describeRun({
  backend,
  capabilities,
  suite,
  environment,
  startedAt,
  duration,
  selection,
  thorough,
  seed,
  engine,
  failures,
}: Report): string {
  const declared = Object.entries(capabilities ?? {}).map(([name, value]) => `${name} ${String(value)}`);
  const facts: readonly (readonly [string, string])[] = [
    ['backend', backend ?? 'could not be opened'],
    ['capabilities', declared.join(', ') || 'unknown'],
    ['can make go wrong', failures.join(', ') || 'nothing'],
    ['suite', `@asgd/conformance ${suite.version}, vectors of PyTorch ${suite.torch}`],
    ['environment', [environment.runtime, environment.platform ?? ''].join(' ').trim()],
    ['run', `${startedAt}, ${(duration / 1000).toFixed(1)} s, seed ${seed}, ${describeEngine(engine)}`],
    [
      'cases',
      `${selection === null ? 'all' : describeSelection(selection)}${thorough ? ', and the thorough ones' : ''}`,
    ],
  ];
  return table(
    ['', ''],
    facts.map(([name, value]) => [name, escape(value)]),
  );
}

function describeEngine(engine: Report['engine']): string {
  return engine === 'shared' ? 'one engine for all cases' : 'a fresh engine for each case';
}

function describeSelection({ only, shard }: NonNullable<Report['selection']>): string {
  const parts = [...(only ? [`only ${only.join(', ')}`] : []), ...(shard ? [`shard ${shard}`] : [])];
  return parts.join(', ') || 'a list of its own';
}

function tabulate(report: Report): string {
  const rows = sectionsOf(report).map(({ name, counts, largest }) => [
    escape(name),
    ...[counts.pass, counts.fail, counts.skip, counts['not-applicable']].map(String),
    describeUlp(largest.pytorch),
    describeUlp(largest.reference),
  ]);
  return table(
    ['cases', 'passed', 'failed', 'skipped', 'not applicable', 'from PyTorch', 'from the reference'],
    rows,
  );
}

function describeUlp(ulp: Row['ulp']): string {
  if (ulp === null) return '';
  return ulp === 'infinite' ? 'infinite' : formatUlp(ulp);
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

function list(title: string, items: readonly string[]): string {
  return items.length === 0 ? '' : `## ${title}\n\n${items.map((item) => `- ${item}`).join('\n')}`;
}

/** The smallest case, and how many fail like it. */
function describeCause({ asIf, rows: [{ id, spec, error }, ...others] }: Cause): string {
  const explained = asIf === null ? '' : `, as if ${escape(asIf)}`;
  const more = others.length > 0 ? ` (and ${others.length} more${explained})` : explained;
  return `\`${id}\`${more} (SPEC.md, ${escape(spec)}): ${escape(error ?? '')}`;
}

function describeExpected({ id, outcome, reason }: Row): string {
  const surprise = outcome === 'pass' ? '**passed**, but was expected to fail: ' : '';
  return `\`${id}\`: ${surprise}${escape(reason ?? '')}`;
}

function withReason({ id, reason }: Row): string {
  return `\`${id}\`: ${escape(reason ?? '')}`;
}

/** Many cases need the same capability, so it is named once. */
function describeNotApplicable(rows: readonly Row[]): readonly string[] {
  const missing = rows.filter(({ outcome }) => outcome === 'not-applicable');
  return groupRows(missing, ({ reason }) => reason ?? '').map(
    ([reason, { length }]) => `${length} case${length > 1 ? 's' : ''}: ${escape(reason)}`,
  );
}

/** Error messages come from other people's code and may contain anything. */
function escape(text: string): string {
  return text.replace(/[\\`*_|<>[\]]/g, '\\$&').replace(/\s*\n\s*/g, ' ');
}
