import { existsSync, readFileSync } from 'node:fs';
import os from 'node:os';
import type { Outcome, Report } from '@asgd/conformance';
import { format } from 'prettier';

/** What the site shows of the reports: kept in the repository, because the reports are not. */
interface ConformanceSummary {
  /** The day on which the reports were written: `2026-11-27`. */
  readonly date: string;
  /** In plain terms: `2 cores of an AMD EPYC`. */
  readonly machine: string;
  readonly suite: string;
  /** The release of PyTorch that made the vectors. */
  readonly torch: string;
  readonly reports: readonly BackendSummary[];
}

/** One run of the whole suite. */
export interface BackendSummary {
  readonly subject: string;
  readonly runtime: 'Node' | 'Chromium';
  readonly verdict: Report['verdict'];
  readonly counts: Report['counts'];
  readonly contraction: 'never' | 'may' | null;
  readonly subnormals: 'keep' | 'flush' | null;
  /** Of PyTorch's runs that apply: how many pass, and how many of these have PyTorch's bits in every number. */
  readonly recorded: { readonly passed: number; readonly withItsBits: number };
  /** By the first word of the cases' ids, such as `step`: how many had each outcome. */
  readonly sections: Readonly<Record<string, Partial<Record<Outcome, number>>>>;
}

export function summarizeBackend(report: Report): BackendSummary {
  const { subject, environment, verdict, counts, rows, capabilities } = report;
  const recorded = rows.filter(({ id, outcome }) => id.startsWith('vectors/') && outcome === 'pass');
  const sections: Record<string, Partial<Record<Outcome, number>>> = {};
  for (const { id, outcome } of rows) {
    const section = (sections[id.split('/', 1)[0] ?? id] ??= {});
    section[outcome] = (section[outcome] ?? 0) + 1;
  }
  return {
    subject,
    runtime: runtimeOf(environment),
    verdict,
    counts,
    contraction: capabilities?.contraction ?? null,
    subnormals: capabilities?.subnormals ?? null,
    recorded: {
      passed: recorded.length,
      withItsBits: recorded.filter(({ ulp }) => ulp === 0).length,
    },
    sections,
  };
}

/** Without its version, which is another one on the next machine. */
function runtimeOf({ runtime }: Report['environment']): BackendSummary['runtime'] {
  if (runtime.startsWith('node ')) return 'Node';
  if (runtime.includes('Chrome/')) return 'Chromium';
  throw new Error(`A report comes from '${runtime}': expected Node or Chromium.`);
}

/** The reports as the site's file has them. */
export async function summaryFile(reports: readonly Report[]): Promise<string> {
  const [first] = reports;
  if (first === undefined) throw new Error('Found no reports of the suite: run `npm test` first.');
  const summary: ConformanceSummary = {
    date:
      reports
        .map(({ startedAt }) => startedAt.slice(0, 10))
        .toSorted()
        .at(-1) ?? '',
    machine: describeMachine(),
    suite: first.suite.version,
    torch: first.suite.torch,
    reports: reports.map(summarizeBackend),
  };
  return format(JSON.stringify(summary), { parser: 'json', printWidth: 110 });
}

/** Whether two files say the same of the backends, whenever and wherever the reports were made. */
export function saysTheSame(path: string, wanted: string): boolean {
  if (!existsSync(path)) return false;
  return withoutCircumstances(readFileSync(path, 'utf8')) === withoutCircumstances(wanted);
}

function withoutCircumstances(text: string): string {
  const { date: _date, machine: _machine, ...rest } = JSON.parse(text) as ConformanceSummary;
  return JSON.stringify(rest);
}

function describeMachine(): string {
  const model = os.cpus()[0]?.model.replaceAll(/\((?:R|TM)\)/gi, '') ?? '';
  const [name = 'processor'] = /AMD EPYC|AMD Ryzen|Intel Xeon|Intel Core|Apple M\d+/.exec(model) ?? [];
  return `${os.availableParallelism()} cores of an ${name}`;
}
