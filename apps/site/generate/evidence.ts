import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Case, CaseReport } from '../src/case-report.ts';
import { benchmarkFile, benchmarksPart, latestBenchmark } from './benchmarks.ts';
import { slugOf } from './documents.ts';

/** What `npm run evidence` keeps of the reports of the conformance suite. */
export interface Conformance {
  readonly date: string;
  readonly machine: string;
  readonly suite: string;
  readonly torch: string;
  readonly reports: readonly Backend[];
}

interface Backend {
  readonly subject: string;
  readonly runtime: string;
  readonly verdict: CaseReport['verdict'];
  readonly counts: Counts;
  readonly contraction: 'never' | 'may' | null;
  readonly subnormals: 'keep' | 'flush' | null;
  readonly recorded: { readonly passed: number; readonly withItsBits: number };
  readonly sections: Readonly<Record<string, Partial<Counts>>>;
}

/** What it keeps of every case. */
interface Cases {
  readonly results: readonly Omit<Case, 'id' | 'spec'>[];
  /** For each report, in the order of `Conformance.reports`, the index of a result; -1 if it did not run. */
  readonly kinds: readonly { readonly spec: string; readonly results: readonly number[] }[];
  readonly cases: Readonly<Record<string, number>>;
}

type Counts = Readonly<Record<'pass' | 'fail' | 'skip' | 'not-applicable', number>>;

export const evidenceFolder: string = join(import.meta.dirname, '..', 'evidence');

export function readConformance(): Conformance {
  return read('conformance.json') as Conformance;
}

function read(name: string): unknown {
  return JSON.parse(readFileSync(join(evidenceFolder, name), 'utf8'));
}

/** The generated parts of the page on evidence, by name. */
export function evidenceParts(): Record<string, string> {
  const conformance = readConformance();
  return {
    conformance: conformancePart(conformance),
    benchmarks: benchmarksPart(latestBenchmark(evidenceFolder), benchmarkFile(evidenceFolder)),
  };
}

/** The files that the page's tables are made of, and a report of each backend, by name. */
export function evidenceData(): Record<string, Uint8Array | string> {
  const names = ['conformance.json', benchmarkFile(evidenceFolder)];
  return {
    ...Object.fromEntries(names.map((name) => [name, readFileSync(join(evidenceFolder, name))])),
    ...caseReports(readConformance(), read('conformance-cases.json') as Cases),
  };
}

/** By the name of its file, a report of each backend with every case. */
export function caseReports(
  conformance: Conformance,
  { results, kinds, cases }: Cases,
): Record<string, string> {
  const { date, machine, suite, torch, reports } = conformance;
  const files = reports.map((report, index) => {
    const { subject, runtime, verdict, counts } = report;
    const rows = Object.entries(cases).flatMap(([id, kind]) => {
      const result = results[kinds[kind]?.results[index] ?? -1];
      return result === undefined ? [] : [{ id, spec: kinds[kind]?.spec ?? '', ...result }];
    });
    const whole: CaseReport = { subject, runtime, date, machine, suite, torch, verdict, counts, cases: rows };
    return [reportFile(report), JSON.stringify(whole).replaceAll('{"id"', '\n$&')] as const;
  });
  return Object.fromEntries(files);
}

/** `conformance-wasm-2-threads-in-node.json` */
function reportFile({ subject, runtime }: Backend): string {
  return `conformance-${slugOf(subject)}-in-${slugOf(runtime)}.json`;
}

/** For each backend, a table of the kinds of cases behind a summary that says the verdict. */
function conformancePart({ date, machine, suite, torch, reports }: Conformance): string {
  const intro =
    `On ${date}, on ${machine}, the suite (version ${suite}) ran on every backend. It repeats what PyTorch ${torch} computed. ` +
    'Open a line for the kinds of cases. The same figures for programs: [conformance.json](/evidence/conformance.json).';
  const choices = reports.map((report) => ({
    name: `${report.subject}, in ${report.runtime}`,
    file: reportFile(report),
  }));
  const browser = `### Every case\n\n<CaseList :reports='${JSON.stringify(choices)}' />`;
  return `${[intro, ...reports.map(backendPart), browser].join('\n\n')}\n`;
}

function backendPart(report: Backend): string {
  const { subject, runtime, verdict, counts, recorded, sections } = report;
  const rows = Object.entries(sections).map(
    ([name, { pass = 0, fail = 0, 'not-applicable': other = 0 }]) =>
      `| \`${name}/*\` | ${pass} | ${fail} | ${other} |`,
  );
  return [
    `<details><summary><b>${subject}</b>, in ${runtime}: ${verdict} (${counts.pass} passed, ${counts.fail} failed)</summary>`,
    `${roundingOf(report)} Of ${recorded.passed} runs of PyTorch that apply, ${recorded.withItsBits} come out with PyTorch’s bits in every number.`,
    ['| cases | passed | failed | not applicable |', '| --- | --: | --: | --: |', ...rows].join('\n'),
    `Every case with its outcome: [${reportFile(report)}](/evidence/${reportFile(report)}).`,
    '</details>',
  ].join('\n\n');
}

function roundingOf({ contraction, subnormals }: Backend): string {
  const products = contraction === 'never' ? 'Every product is rounded.' : 'Products may be fused with sums.';
  return `${products} Subnormal numbers are ${subnormals === 'keep' ? 'kept' : 'flushed to zero'}.`;
}
