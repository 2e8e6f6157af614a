import { causesOf } from '../causes.ts';
import { formatUlp } from '../compare.ts';
import { describeCause, shown } from '../describe-failures.ts';
import { toJUnit } from '../junit.ts';
import { toMarkdown } from '../markdown.ts';
import { groupRows, isAgainst, type Report, type Row, sectionsOf, summarize } from '../report.ts';
import { element } from './elements.ts';

/**
 * A report to look at: the verdict, the kinds of case, what failed and why, and the report as files.
 * @param linkTo the address that runs one case alone; without it the id is text
 */
export function resultOf(report: Report, linkTo: (id: string) => string): HTMLElement {
  const { passed, problems, rows } = report;
  const verdict = element('h2', { tabindex: '-1', class: passed ? 'good' : 'bad' }, summarize(report));
  return element(
    'section',
    { 'aria-label': 'Result' },
    verdict,
    ...problems.map((problem) => element('p', { class: 'bad' }, problem)),
    downloadsOf(report),
    ...failuresOf(report, linkTo),
    tableOf(report),
    ...missingOf(rows),
  );
}

/** The links keep their files until the page goes. */
function downloadsOf(report: Report): HTMLElement {
  const files: readonly (readonly [string, string, string])[] = [
    ['JSON', 'application/json', `${JSON.stringify(report, null, 2)}\n`],
    ['Markdown', 'text/markdown', toMarkdown(report)],
    ['JUnit', 'application/xml', toJUnit(report)],
  ];
  const endings: Readonly<Record<string, string>> = { JSON: 'json', Markdown: 'md', JUnit: 'xml' };
  return element(
    'p',
    { class: 'downloads' },
    'The report: ',
    ...files.flatMap(([name, type, text], at) => {
      const href = URL.createObjectURL(new Blob([text], { type: `${type};charset=utf-8` }));
      const link = element('a', { href, download: `conformance.${endings[name]}` }, name);
      return at === 0 ? [link] : [', ', link];
    }),
  );
}

/** By cause, as the command groups them. */
function failuresOf({ rows }: Report, linkTo: (id: string) => string): readonly HTMLElement[] {
  const causes = causesOf(rows);
  if (causes.length === 0) return [];
  const rest = causes.slice(shown.causes);
  const left = rest.reduce((sum, cause) => sum + cause.rows.length, 0);
  return [
    element('h3', {}, 'What failed'),
    ...causes.slice(0, shown.causes).map((cause, at) => {
      const [{ id }] = cause.rows;
      const [heading = '', ...details] = describeCause(cause, at + 1, linkTo);
      const again = element('p', {}, element('a', { href: linkTo(id) }, `Run ${id} alone`));
      const lines = details.filter((line) => !line.startsWith('   again: '));
      return element(
        'details',
        { open: at === 0 },
        element('summary', {}, heading),
        element('pre', { tabindex: '0' }, lines.join('\n')),
        again,
      );
    }),
    ...(rest.length > 0
      ? [element('p', {}, `And ${left} failed cases of ${rest.length} other kinds: see the report.`)]
      : []),
  ];
}

const columns = [
  'cases',
  'passed',
  'failed',
  'skipped',
  'not applicable',
  'from PyTorch',
  'from the reference',
];

function tableOf(report: Report): HTMLElement {
  const head = columns.map((name) => element('th', { scope: 'col' }, name));
  const body = sectionsOf(report).map(({ name, counts, largest, rows }) => {
    const numbers = [counts.pass, counts.fail, counts.skip, counts['not-applicable']].map(String);
    return element(
      'tr',
      { class: rows.some(isAgainst) ? 'bad' : '' },
      element('th', { scope: 'row' }, name),
      ...[...numbers, ulpText(largest.pytorch), ulpText(largest.reference)].map((text) =>
        element('td', {}, text),
      ),
    );
  });
  return element(
    'div',
    { class: 'table', tabindex: '0', role: 'region', 'aria-label': 'Kinds of case' },
    element('table', {}, element('thead', {}, element('tr', {}, ...head)), element('tbody', {}, ...body)),
  );
}

function ulpText(ulp: Row['ulp']): string {
  if (ulp === null) return '';
  return ulp === 'infinite' ? 'a NaN and a number' : formatUlp(ulp);
}

function missingOf(rows: readonly Row[]): readonly HTMLElement[] {
  const missing = rows.filter(({ outcome }) => outcome === 'not-applicable' || outcome === 'skip');
  if (missing.length === 0) return [];
  const items = groupRows(missing, ({ outcome, reason }) => `${outcome.replace('-', ' ')}: ${reason}`).map(
    ([reason, { length }]) => element('li', {}, `${length} ${length === 1 ? 'case' : 'cases'} ${reason}`),
  );
  return [
    element('details', {}, element('summary', {}, 'What did not run, and why'), element('ul', {}, ...items)),
  ];
}
