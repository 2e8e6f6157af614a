import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Contender, Probe } from './contender.ts';
import type { Machine } from './machine.ts';
import type { Judgement, Row } from './targets.ts';

/** A contender in a report: what it is, and which version, or why it was not measured. */
export type Entrant = Pick<Contender, 'id' | 'label' | 'maxThreads'> & {
  /** What it is called in a table: its label, or the product that it is one of several ways to use. */
  readonly product: string;
  readonly ours: boolean;
  readonly probe: Probe;
};

/** All that a run has found out. */
export interface Report {
  readonly started: Date;
  readonly quick: boolean;
  readonly machine: Machine;
  readonly entrants: readonly Entrant[];
  readonly rows: readonly Row[];
  /** Empty unless targets were asked for. */
  readonly judgements: readonly Judgement[];
}

/** Changes when programs that read the JSON would have to change. */
const schema = 2;

/** A report as data. Times are milliseconds per step, and every sample is there. */
export function toJson(report: Report): object {
  return {
    schema,
    started: report.started.toISOString(),
    quick: report.quick,
    machine: report.machine,
    contenders: report.entrants.map(({ probe, ...entrant }) => ({ ...entrant, ...probe })),
    rows: report.rows,
    targets: report.judgements.map(({ target, verdict, found }) => ({
      what: target.what,
      measure: target.measure,
      bound: target.bound,
      verdict,
      ...found,
    })),
  };
}

/** Writes the report and its chart side by side. @returns the files' paths */
export async function save(report: Report, svg: string, folder: string): Promise<string[]> {
  await mkdir(folder, { recursive: true });
  const moment = report.started.toISOString().slice(0, 19).replaceAll(':', '-');
  const stem = join(folder, `${moment}${report.quick ? '-quick' : ''}`);
  const files = new Map([
    [`${stem}.json`, `${JSON.stringify(toJson(report), roundNumbers)}\n`],
    [`${stem}.svg`, svg],
  ]);
  for (const [file, text] of files) await writeFile(file, text);
  return [...files.keys()];
}

/** Six digits are more than a clock measures. */
function roundNumbers(_key: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(6)) : value;
}
