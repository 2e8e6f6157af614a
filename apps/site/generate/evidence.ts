import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { benchmarkFile, benchmarksPart, latestBenchmark } from './benchmarks.ts';

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
  readonly verdict: string;
  readonly counts: Counts;
  readonly contraction: 'never' | 'may' | null;
  readonly subnormals: 'keep' | 'flush' | null;
  readonly recorded: { readonly passed: number; readonly withItsBits: number };
  readonly sections: Readonly<Record<string, Partial<Counts>>>;
}

type Counts = Readonly<Record<'pass' | 'fail' | 'skip' | 'not-applicable', number>>;

export const evidenceFolder: string = join(import.meta.dirname, '..', 'evidence');

export function readConformance(): Conformance {
  return JSON.parse(readFileSync(join(evidenceFolder, 'conformance.json'), 'utf8')) as Conformance;
}

/** The generated parts of the page on evidence, by name. */
export function evidenceParts(): Record<string, string> {
  const conformance = readConformance();
  return {
    conformance: conformancePart(conformance),
    benchmarks: benchmarksPart(latestBenchmark(evidenceFolder), benchmarkFile(evidenceFolder)),
  };
}

/** The files that the page's tables are made of, by name: the site has them for programs to read. */
export function evidenceData(): Record<string, Uint8Array> {
  const names = ['conformance.json', benchmarkFile(evidenceFolder)];
  return Object.fromEntries(names.map((name) => [name, readFileSync(join(evidenceFolder, name))]));
}

/** For each backend, a table of the kinds of cases behind a summary that says the verdict. */
function conformancePart({ date, machine, suite, torch, reports }: Conformance): string {
  const intro =
    `On ${date}, on ${machine}, the suite (version ${suite}) ran on every backend. It repeats what PyTorch ${torch} computed. ` +
    'Open a line for the kinds of cases. The same figures for programs: [conformance.json](/evidence/conformance.json).';
  return `${[intro, ...reports.map(backendPart)].join('\n\n')}\n`;
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
    '</details>',
  ].join('\n\n');
}

function roundingOf({ contraction, subnormals }: Backend): string {
  const products = contraction === 'never' ? 'Every product is rounded.' : 'Products may be fused with sums.';
  return `${products} Subnormal numbers are ${subnormals === 'keep' ? 'kept' : 'flushed to zero'}.`;
}
