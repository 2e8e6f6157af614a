import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Report } from '@asgd/conformance';
import { format, resolveConfig } from 'prettier';
import { summarizeBackend } from './conformance-summary.ts';

/** The version of the format that is read here. */
const schema: Report['schema'] = 1;

const begin = '<!-- npm run evidence writes this table from the reports of the tests -->';
const end = '<!-- end of the table -->';

/** The reports that the tests of the backends left, of whole runs of the suite. */
export function readReports(root: string): readonly Report[] {
  const paths = globSync('packages/*/reports/conformance/*.json', { cwd: root }).toSorted();
  if (paths.length === 0) throw new Error('No conformance report was found: run npm test first.');
  return paths.map((path) => {
    const report = JSON.parse(readFileSync(join(root, path), 'utf8')) as Report;
    if (report.schema !== schema || report.selection !== null || report.verdict === 'unfinished') {
      throw new Error(`${path} is not the report of a whole run that has ended: run npm test again.`);
    }
    return report;
  });
}

/**
 * A document with its table made anew. What is in it does not depend on the machine, as long as the adapter is the one
 * that comes with the development dependencies.
 * @param file where the document is, for prettier's settings
 */
export async function withTable(document: string, reports: readonly Report[], file: string): Promise<string> {
  const from = document.indexOf(begin);
  const to = document.indexOf(end);
  if (from < 0 || to < from) {
    throw new Error(`${file} has no place for the table: expected ${begin} and ${end}.`);
  }
  const table = tableOf(reports);
  const text = `${document.slice(0, from + begin.length)}\n\n${table}\n\n${document.slice(to)}`;
  return format(text, { ...(await resolveConfig(file)), parser: 'markdown' });
}

const columns = [
  'backend',
  'in',
  'verdict',
  'passed',
  'failed',
  'not applicable',
  "PyTorch's bits",
  'products',
  'subnormals',
];

function tableOf(reports: readonly Report[]): string {
  const line = (cells: readonly (string | number)[]): string => `| ${cells.join(' | ')} |`;
  return [
    line(columns),
    line(columns.map(() => '---')),
    ...reports.map((report) => line(rowOf(report))),
  ].join('\n');
}

function rowOf(report: Report): readonly (string | number)[] {
  const { subject, runtime, verdict, counts, recorded, contraction, subnormals } = summarizeBackend(report);
  return [
    subject,
    runtime,
    verdict,
    counts.pass,
    counts.fail,
    counts['not-applicable'],
    `${recorded.withItsBits} of ${recorded.passed}`,
    contraction === 'never' ? 'rounded' : 'may be fused',
    subnormals === 'keep' ? 'kept' : 'flushed',
  ];
}
