import { styleText } from 'node:util';
import { columnsOf, rowIn } from './columns.ts';
import { duration, ratio } from './figures.ts';
import { grid } from './grid.ts';
import { measurementsOf } from './measurements.ts';
import type { Report } from './report.ts';
import type { Row } from './targets.ts';
import type { Workload } from './workload.ts';

/** What backends are told apart by first: large enough that no backend is about its fixed cost alone. */
const usual: Workload = { tensors: 1, length: 2 ** 20, dtype: 'float32', phase: 'blending' };

/** How fast each backend is, fastest first, and how that compares with what one would use instead. */
export function renderSummary(report: Report): string {
  const lines = measurementsOf(report)
    .filter(({ entrant, workload }) => entrant.ours && isUsual(workload))
    .toSorted((a, b) => a.time.median - b.time.median)
    .map(({ entrant, threads, time }) => {
      const rows = report.rows.filter(
        ({ subject }) =>
          subject.contender === entrant.id && subject.threads === threads && isUsual(subject.workload),
      );
      // Else a table would be wider than 100 columns.
      const label = entrant.label.replace(/(, .*), /, '$1,\n');
      return [label, String(threads), duration(time.median), comparisonsIn(report, rows)];
    });
  if (lines.length === 0) return '';
  return [
    styleText('bold', 'Fastest first: one step, 1 Mi (2^20) float32 elements in one tensor, averaging'),
    grid(['backend', 'threads', 'a step', 'times as fast as'], lines),
  ].join('\n');
}

function isUsual({ tensors, length, dtype, phase }: Workload): boolean {
  return (
    tensors === usual.tensors && length === usual.length && dtype === usual.dtype && phase === usual.phase
  );
}

/** A line for each that ours was compared with: ` 1.35  the loop by hand`. */
function comparisonsIn(report: Report, rows: readonly Row[]): string {
  return columnsOf(report, rows)
    .flatMap((column) => {
      const outcome = rowIn(column, rows)?.outcome;
      return outcome?.status === 'measured'
        ? [`${ratio(outcome.speed.median).padStart(4)}  ${column.product}`]
        : [];
    })
    .join('\n');
}
