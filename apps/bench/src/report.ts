import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Contender, Probe } from './contender.ts';
import type { Machine } from './machine.ts';
import type { Judgement, Row } from './targets.ts';

/** A contender as a report has it: who it was, and which version, or why it took no part. */
export type Entrant = Pick<Contender, 'id' | 'label' | 'maxThreads'> & {
  readonly ours: boolean;
  readonly probe: Probe;
};

/** All that a run found out. */
export interface Report {
  readonly started: Date;
  readonly quick: boolean;
  readonly machine: Machine;
  readonly entrants: readonly Entrant[];
  readonly rows: readonly Row[];
  readonly judgements: readonly Judgement[];
}

/** Changes when a reader of the JSON would have to. */
const schema = 1;

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

/** Six digits say more than a clock does. */
function roundNumbers(_key: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(6)) : value;
}
