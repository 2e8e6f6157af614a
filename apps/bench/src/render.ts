import { styleText } from 'node:util';
import wrap from 'wrap-ansi';
import { count, significant } from './figures.ts';
import { Footnotes } from './footnotes.ts';
import { width } from './grid.ts';
import { isBusy, type Machine } from './machine.ts';
import { renderPhase } from './phase-tables.ts';
import type { Entrant, Report } from './report.ts';
import { renderSummary } from './summary.ts';
import { renderSelf, renderTargets } from './target-list.ts';

/**
 * A report for people, in at most 100 columns: first how fast each backend is here, then every size and phase; and, if
 * they were asked for, the project's targets.
 */
export function renderReport(report: Report): string {
  const notes = new Footnotes();
  const phases = (['blending', 'before'] as const).map((phase) => renderPhase(report, phase, notes));
  const isEmpty = phases.every((phase) => phase === '');
  const parts = [
    renderMachine(report),
    renderSummary(report),
    wrapped(remarks(report)),
    ...phases,
    isEmpty ? '' : wrapped([legend]),
    renderSelf(report),
    renderTargets(report.judgements, notes),
    wrapped(notes.lines()),
    `${styleText('bold', 'Versions')}\n${wrapped(versions(report))}`,
  ];
  return parts.filter((part) => part !== '').join('\n\n');
}

const legend =
  '1.04 (1.02–1.07) says that ours is 1.04 times as fast: the median of all pairs, and between which figures the ' +
  'middle half of them lie. Below it is how long a step of the other takes. “threads” is how many both may use. ' +
  'GB/s counts the bytes that a step must move.';

function renderMachine({ machine, quick, started }: Report): string {
  const { processor, processors, system, node, commit, modified } = machine;
  const day = started.toISOString().slice(0, 10);
  return wrapped([
    styleText('bold', `asgd bench${quick ? ', quick' : ''}, ${day}, ${commitLabel(commit, modified)}`),
    `${processor}, ${count(processors, 'processor')}, ${system}, Node ${node}`,
    ...(isBusy(machine) ? [styleText('yellow', warningOf(machine))] : []),
  ]);
}

function commitLabel(commit: string | null, modified: boolean): string {
  return commit === null ? 'no commit' : `commit ${commit.slice(0, 10)}${modified ? ', modified' : ''}`;
}

function warningOf({ load, processors }: Machine): string {
  return (
    `Other programs kept this machine busy: load ${significant(load)} on ${count(processors, 'processor')}. ` +
    'The figures are rough.'
  );
}

/** What a reader has to know before believing the figures. */
function remarks(report: Report): string[] {
  const missing = Map.groupBy(
    participants(report).filter(({ probe }) => !probe.available),
    ({ probe }) => (probe.available ? '' : probe.reason),
  );
  const isSoftware = participants(report).some(
    ({ ours, probe }) => ours && probe.available && probe.version.includes('(software)'),
  );
  return [
    ...(isSoftware
      ? ['WebGPU ran on a GPU in software, so on the processor: its figures say nothing about a real GPU.']
      : []),
    ...[...missing].map(([reason, who]) => `Not measured: ${products(who)}. ${reason}`),
  ];
}

/** One line for all of a version: `4.22.0: TensorFlow.js cpu; TensorFlow.js wasm`. */
function versions(report: Report): string[] {
  const known = Map.groupBy(
    participants(report).filter(({ probe }) => probe.available),
    ({ probe }) => (probe.available ? probe.version : ''),
  );
  return [...known].map(([version, who]) => `${products(who)}: ${version}`);
}

/** The contenders that some row is about. */
function participants({ entrants, rows }: Report): Entrant[] {
  const ids = new Set(rows.flatMap(({ subject, peer }) => [subject.contender, peer.contender]));
  return entrants.filter(({ id }) => ids.has(id));
}

function products(entrants: readonly Entrant[]): string {
  return [...new Set(entrants.map(({ product }) => product))].join('; ');
}

function wrapped(lines: readonly string[]): string {
  return lines.map((line) => wrap(line, width)).join('\n');
}
