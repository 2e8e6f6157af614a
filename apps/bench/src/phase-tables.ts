import { styleText } from 'node:util';
import { type Column, columnsOf, rowIn } from './columns.ts';
import { bandwidth, duration, spread } from './figures.ts';
import type { Footnotes } from './footnotes.ts';
import { grid } from './grid.ts';
import { keyOf, measurementsOf } from './measurements.ts';
import type { Entrant, Report } from './report.ts';
import type { Summary } from './statistics.ts';
import { boundAndVerdict } from './target-list.ts';
import { type Row, targetOf } from './targets.ts';
import { type Phase, sizeLabel, trafficOf } from './workload.ts';

const titles: Record<Phase, string> = {
  before: 'Before averaging: a step moves 12 bytes an element (24 in float64)',
  blending: 'Averaging: a step moves 20 bytes an element (40 in float64)',
};

/** A table for each backend and dtype in a phase: a line for each size, a column for each peer. */
export function renderPhase(report: Report, phase: Phase, notes: Footnotes): string {
  const times = new Map(
    measurementsOf(report).map((one) => [keyOf({ ...one, contender: one.entrant.id }), one.time]),
  );
  const tables = report.entrants.flatMap((ours) =>
    (['float32', 'float64'] as const).flatMap((dtype) => {
      const rows = report.rows.filter(
        ({ subject: { contender, workload }, peer }) =>
          contender === ours.id &&
          contender !== peer.contender &&
          workload.phase === phase &&
          workload.dtype === dtype,
      );
      const lines = linesOf(rows, ours, columnsOf(report, rows), times, notes, report.judgements.length > 0);
      return lines === '' ? [] : [`${ours.label}, ${dtype}\n${lines}`];
    }),
  );
  return tables.length === 0 ? '' : [styleText('bold', titles[phase]), ...tables].join('\n');
}

function linesOf(
  rows: readonly Row[],
  ours: Entrant,
  columns: readonly Column[],
  times: ReadonlyMap<string, Summary>,
  notes: Footnotes,
  withTargets: boolean,
): string {
  // A column of nothing but gaps is of one that has no such phase, or is missing: the remarks say why.
  const shown = columns.filter((column) => rowIn(column, rows)?.outcome.status === 'measured');
  const lines = Map.groupBy(rows, ({ subject }) => keyOf(subject));
  const cells = [...lines.values()].flatMap((line) => {
    const side = line.find(({ outcome }) => outcome.status === 'measured')?.subject;
    if (!side) return []; // a line of nothing but gaps would say what the lines above it have said
    const { workload, threads } = side;
    const time = times.get(keyOf({ ...side, threads: Math.min(threads, ours.maxThreads) }));
    return [
      [
        sizeLabel(workload),
        String(threads),
        time ? `${duration(time.median)}\n${bandwidth(trafficOf(workload), time.median)}` : '',
        ...shown.map((column) => cellOf(rowIn(column, line), notes, withTargets)),
      ],
    ];
  });
  if (cells.length === 0) return '';
  return grid(
    ['elements', 'threads', 'a step', ...shown.map(({ product }) => product.replaceAll(', ', ',\n'))],
    cells,
  );
}

function cellOf(row: Row | undefined, notes: Footnotes, withTargets: boolean): string {
  if (!row) return '';
  if (row.outcome.status !== 'measured') return `— ${notes.mark(row.outcome.reason)}`;
  const { speed, peer } = row.outcome;
  const target = withTargets ? targetOf(row) : undefined;
  return [
    spread(speed),
    duration(peer.median),
    ...(target ? [boundAndVerdict(target, speed.median)] : []),
  ].join('\n');
}
