import { styleText } from 'node:util';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import wrap from 'wrap-ansi';
import type { Probe } from '../contender.ts';
import { count, duration, significant, spread } from '../figures.ts';
import { Footnotes } from '../footnotes.ts';
import { grid, width } from '../grid.ts';
import { isBusy, type Machine } from '../machine.ts';
import { renderTargets } from '../target-list.ts';
import type { Judgement } from '../targets.ts';
import type { EpochRow } from './epochs.ts';
import type { Program } from './programs.ts';
import type { Finish } from './race.ts';

/** All that a run about linear models has found out. */
export interface LinearReport {
  readonly started: Date;
  readonly machine: Machine;
  readonly problems: readonly { readonly id: string; readonly label: string }[];
  readonly programs: readonly (Pick<Program, 'id' | 'label' | 'role'> & { readonly probe: Probe })[];
  /** What stopped a part of the run. */
  readonly failures: readonly string[];
  readonly epochs: readonly EpochRow[];
  /** Empty in a quick run. */
  readonly finishes: readonly Finish[];
  /** Empty unless targets were asked for. */
  readonly judgements: readonly Judgement[];
}

/** For people, in at most 100 columns; the table of times as Markdown, for a README. */
export function renderLinear(report: LinearReport): string {
  const notes = new Footnotes();
  const parts = [
    wrap([heading(report), ...missing(report)].join('\n'), width),
    renderEpochs(report),
    renderRace(report),
    renderTargets(report.judgements, notes),
    wrap(notes.lines().join('\n'), width),
    wrap(versions(report).join('\n'), width),
  ];
  return parts.filter((part) => part !== '').join('\n\n');
}

function heading({ started, machine }: LinearReport): string {
  const busy = isBusy(machine)
    ? `, measured while other programs used the cores (load ${significant(machine.load)})`
    : '';
  const day = started.toISOString().slice(0, 10);
  return `${machine.processor}, ${count(machine.processors, 'processor')}, ${day}, Node ${machine.node}${busy}`;
}

/** Said first, and in colour: a table without its peers is no comparison. */
function missing({ programs, failures }: LinearReport): string[] {
  const absent = programs.flatMap(({ label, probe }) => (probe.available ? [] : `${label}. ${probe.reason}`));
  return [...absent, ...failures].map((what) => styleText(['bold', 'red'], `Not measured: ${what}`));
}

function versions({ programs }: LinearReport): string[] {
  return programs.flatMap(({ label, probe }) => (probe.available ? [`${label}: ${probe.version}`] : []));
}

function renderEpochs({ epochs, programs, problems }: LinearReport): string {
  const peers = programs.filter(({ role, probe }) => role === 'peer' && probe.available);
  const groups = Map.groupBy(epochs, ({ problem, loss, subject }) => [problem, loss, subject].join());
  const cells = [...groups.values()].flatMap((rows) => {
    const [row] = rows;
    if (!row) return [];
    return [
      [
        `${labelOf(row.problem, problems)}\n${row.loss}`,
        `${labelOf(row.subject, programs).replace(', ', ',\n')}\n${duration(row.subjectTime.median)}`,
        ...peers.map(({ id }) => {
          const found = rows.find(({ peer }) => peer === id);
          return found ? `${spread(found.speed)}\n${duration(found.peerTime.median)}` : '–';
        }),
      ],
    ];
  });
  if (cells.length === 0) return '';
  const head = ['data, loss', 'an epoch', ...peers.map(({ label }) => label.replace('(', '\n('))];
  return `${styleText('bold', 'An epoch of averaged SGD, and how many times as fast it is')}\n${grid(head, cells)}`;
}

/** Bottou's table: cost and error, and what they cost in time. */
export function renderRace({ finishes, programs, problems }: LinearReport): string {
  if (finishes.length === 0) return '';
  const lines = finishes.map((finish) => {
    const epochs = finish.epochs === undefined ? '–' : String(finish.epochs);
    const cells = [
      `${labelOf(finish.problem, problems)}, ${finish.loss}, λ = ${finish.lambd.toExponential()}`,
      labelOf(finish.program, programs),
      finish.isThere ? epochs : `${epochs} (not there)`,
      `${(finish.time.median / 1000).toFixed(2)} s`,
      finish.primalCost.toFixed(4),
      `${finish.testError.toFixed(2)} %`,
    ];
    return `| ${cells.join(' | ')} |`;
  });
  const head = ['data, loss', 'program', 'epochs', 'time', 'primal cost', 'test error'];
  return [`| ${head.join(' | ')} |`, `| - | - | -: | -: | -: | -: |`, ...lines].join('\n');
}

function labelOf(id: string, all: readonly { readonly id: string; readonly label: string }[]): string {
  return all.find((one) => one.id === id)?.label ?? id;
}

/** Writes every sample as JSON. @returns the file's path */
export async function saveLinear(report: LinearReport, folder: string): Promise<string> {
  await mkdir(folder, { recursive: true });
  const moment = report.started.toISOString().slice(0, 19).replaceAll(':', '-');
  const file = join(folder, `${moment}-linear.json`);
  await writeFile(file, `${JSON.stringify(report)}\n`);
  return file;
}
