import { styleText } from 'node:util';
import Table, { type TableConstructorOptions } from 'cli-table3';
import { bandwidth, duration, significant, spread } from './figures.ts';
import type { Machine } from './machine.ts';
import { keyOf, measurementsOf } from './measurements.ts';
import { Footnotes } from './footnotes.ts';
import type { Comparison, Side } from './pairing.ts';
import type { Entrant, Report } from './report.ts';
import {
  inMeasureOf,
  isMet,
  type Judgement,
  type Row,
  type Target,
  targetOf,
  type Verdict,
} from './targets.ts';
import { inverse } from './statistics.ts';
import { type Phase, sizeLabel, trafficOf } from './workload.ts';

const titles: Record<Phase, string> = {
  before:
    'Before averaging: the average is the parameter, and a step moves 12 bytes an element (24 in float64)',
  blending: 'Blending: every step updates the average, and moves 20 bytes an element (40 in float64)',
};

const legend =
  'A peer’s cell: how many times its speed ours is, as the median of pairs (with their quartiles); its time for a\n' +
  'step; the target. “threads” is how many both may use. GB/s counts the bytes that a fused step must move.';

/** Load per processor at the start from which other programs are in the way. */
const busy = 0.5;

/** A report for people: a table for each phase, ours against itself, and how every target stands. */
export function renderReport(report: Report): string {
  const notes = new Footnotes();
  const parts = [
    renderMachine(report),
    ...(['before', 'blending'] as const).map((phase) => renderPhase(report, phase, notes)),
    renderSelf(report, notes),
    renderTargets(report.judgements, notes),
    notes.render(),
  ];
  return parts.filter((part) => part !== '').join('\n\n');
}

function renderMachine({ machine, entrants, quick, started }: Report): string {
  const commit = machine.commit === null ? 'no commit' : machine.commit.slice(0, 10);
  return [
    styleText('bold', `asgd bench${quick ? ', quick' : ''}, ${started.toISOString()}`),
    `${machine.processor}, ${count(machine.processors, 'processor')}, ${machine.system}, Node ${machine.node}`,
    `commit ${commit}${machine.modified ? ', modified' : ''}`,
    ...(machine.load > busy * machine.processors ? [styleText('yellow', warningOf(machine))] : []),
    ...entrants.map(({ label, probe }) =>
      probe.available ? `${label}: ${probe.version}` : `${label}: not here. ${probe.reason}`,
    ),
  ].join('\n');
}

function warningOf({ load, processors }: Machine): string {
  return (
    `This machine was busy with other programs: load ${significant(load)} on ${count(processors, 'processor')}. ` +
    `Take the figures for approximate.`
  );
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}

function renderPhase(report: Report, phase: Phase, notes: Footnotes): string {
  const tables = report.entrants.flatMap((ours) => {
    const rows = report.rows.filter(
      ({ subject, peer }) =>
        subject.contender === ours.id && subject.workload.phase === phase && !isSelf({ subject, peer }),
    );
    return rows.length === 0 ? [] : [renderSubject(report, ours, rows, notes)];
  });
  const measured = tables.filter((table) => table !== '');
  return measured.length === 0 ? '' : [styleText('bold', titles[phase]), ...measured, legend].join('\n');
}

function renderSubject(report: Report, ours: Entrant, rows: readonly Row[], notes: Footnotes): string {
  const peers = report.entrants.filter(({ id, probe }) => {
    const column = rows.filter(({ peer }) => peer.contender === id);
    // One that is not here has a column that says why; one that has no such phase needs none.
    return column.some(({ outcome }) => outcome.status === 'measured' || !probe.available);
  });
  const lines = new Map<string, Row[]>();
  for (const row of rows) {
    const key = keyOf(row.subject);
    lines.set(key, [...(lines.get(key) ?? []), row]);
  }
  const times = new Map(
    measurementsOf(report).map((one) => [keyOf({ ...one, contender: one.entrant.id }), one.time]),
  );

  const table = newTable([ours.label, 'dtype', 'threads', 'a step', ...peers.map(({ label }) => label)]);
  for (const line of lines.values()) {
    const side = line[0]?.subject;
    // A line of nothing but gaps would say what the lines above it have said.
    if (!side || line.every(({ outcome }) => outcome.status !== 'measured')) continue;
    const { workload, threads } = side;
    const time = times.get(keyOf({ ...side, threads: Math.min(threads, ours.maxThreads) }));
    table.push([
      sizeLabel(workload),
      workload.dtype,
      String(threads),
      time ? `${duration(time.median)}\n${bandwidth(trafficOf(workload), time.median)}` : '',
      ...peers.map((peer) => {
        const row = line.find((one) => one.peer.contender === peer.id);
        return renderCell(row, notes);
      }),
    ]);
  }
  return table.length === 0 ? '' : table.toString();
}

function renderCell(row: Row | undefined, notes: Footnotes): string {
  if (!row) return '';
  if (row.outcome.status !== 'measured') return `— ${notes.mark(row.outcome.reason)}`;
  const { speed, peer } = row.outcome;
  const target = targetOf(row);
  return [
    spread(speed),
    duration(peer.median),
    ...(target ? [`${boundOf(target)} ${verdictOf(target, speed.median)}`] : []),
  ].join('\n');
}

function renderSelf(report: Report, notes: Footnotes): string {
  const table = newTable(['backend', 'threads', 'this', 'against', 'ratio', 'target']);
  for (const row of report.rows.filter(isSelf)) {
    const { subject, peer, outcome } = row;
    const entrant = report.entrants.find(({ id }) => id === subject.contender);
    const start = [entrant?.label ?? subject.contender, String(subject.threads)];
    if (outcome.status !== 'measured') {
      table.push([...start, describe(subject), describe(peer), `— ${notes.mark(outcome.reason)}`, '']);
      continue;
    }
    const target = targetOf(row);
    table.push([
      ...start,
      `${describe(subject)}\n${duration(outcome.subject.median)}`,
      `${describe(peer)}\n${duration(outcome.peer.median)}`,
      target?.measure === 'speed'
        ? `${spread(outcome.speed)} × the speed`
        : `${spread(inverse(outcome.speed))} × the time`,
      target ? `${boundOf(target)} ${verdictOf(target, inMeasureOf(target, outcome.speed.median))}` : 'none',
    ]);
  }
  return table.length === 0
    ? ''
    : `${styleText('bold', 'Ours against itself, float32')}\n${table.toString()}`;
}

function renderTargets(judgements: readonly Judgement[], notes: Footnotes): string {
  const table = newTable(['target', 'wanted', 'measured, worst to best', ''], withoutRules);
  for (const { target, verdict, found } of judgements) {
    const measured = 'reason' in found ? `— ${notes.mark(found.reason)}` : rangeOf(found);
    table.push([target.what, boundOf(target), measured, coloured(verdict)]);
  }
  return `${styleText('bold', 'Targets')}\n${table.toString()}`;
}

function rangeOf({ worst, best, rows }: Extract<Judgement['found'], { worst: number }>): string {
  return rows === 1
    ? significant(worst)
    : `${significant(worst)} to ${significant(best)} in ${count(rows, 'row')}`;
}

function newTable(head: string[], chars: TableConstructorOptions['chars'] = {}): InstanceType<typeof Table> {
  return new Table({ head, chars, style: { head: [], border: [] } });
}

/** Leaves out the lines between rows that are one line high. */
const withoutRules = { mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '' };

function isSelf({ subject, peer }: Comparison): boolean {
  return subject.contender === peer.contender;
}

function describe({ workload }: Side): string {
  return `${sizeLabel(workload)}, ${workload.phase === 'before' ? 'before averaging' : 'blending'}`;
}

function boundOf({ measure, bound }: Target): string {
  return measure === 'speed' ? `≥ ${bound}` : `≤ ${bound} × the time`;
}

function verdictOf(target: Target, ratio: number): string {
  return coloured(isMet(target, ratio) ? 'met' : 'missed');
}

function coloured(verdict: Verdict): string {
  const colours = { met: 'green', missed: 'red', 'not measured': 'dim' } as const;
  return styleText(colours[verdict], verdict);
}
