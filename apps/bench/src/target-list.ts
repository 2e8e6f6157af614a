import { styleText } from 'node:util';
import { count, duration, quartiles, ratio } from './figures.ts';
import type { Footnotes } from './footnotes.ts';
import { grid } from './grid.ts';
import { threadsLabel } from './plan.ts';
import type { Report } from './report.ts';
import { inverse } from './statistics.ts';
import { inMeasureOf, isMet, type Judgement, type Target, targetOf, type Verdict } from './targets.ts';
import { sizeLabel, type Workload } from './workload.ts';

/** Our backends against themselves: what averaging costs, and what many tensors cost. */
export function renderSelf({ rows, entrants }: Pick<Report, 'rows' | 'entrants'>): string {
  const cells = rows.flatMap((row) => {
    const { subject, peer, outcome } = row;
    if (subject.contender !== peer.contender || outcome.status !== 'measured') return [];
    const label = entrants.find(({ id }) => id === subject.contender)?.label ?? subject.contender;
    const target = targetOf(row);
    const isSpeed = target?.measure === 'speed';
    const found = isSpeed ? outcome.speed : inverse(outcome.speed);
    return [
      [
        `${label.replaceAll(', ', ',\n')}\n${threadsLabel(subject.threads)}`,
        `${describeWork(subject.workload)}\n${duration(outcome.subject.median)}`,
        `${describeWork(peer.workload)}\n${duration(outcome.peer.median)}`,
        [
          `${ratio(found.median)} times as ${isSpeed ? 'fast' : 'long'}`,
          `(${quartiles(found)})`,
          ...(target ? [boundAndVerdict(target, inMeasureOf(target, outcome.speed.median))] : []),
        ].join('\n'),
      ],
    ];
  });
  if (cells.length === 0) return '';
  const title = styleText('bold', 'Our backends against themselves, float32');
  return `${title}\n${grid(['backend', 'this', 'against this', 'ratio'], cells)}`;
}

/** How every target stands, from the worst row to the best. */
export function renderTargets(judgements: readonly Judgement[], notes: Footnotes): string {
  if (judgements.length === 0) return '';
  const lines = judgements.flatMap(({ target, verdict, found }) => [
    `${colored(verdict, verdict.padEnd(verdictWidth))}  ${target.what}`,
    `${' '.repeat(verdictWidth)}  ${boundOf(target)}${'reason' in found ? ` ${notes.mark(found.reason)}` : `: ${rangeOf(found)}`}`,
  ]);
  return [styleText('bold', 'Targets of the project'), ...lines].join('\n');
}

const verdictWidth = 'not measured'.length;

/** `≥ 0.95 met`. */
export function boundAndVerdict(target: Target, found: number): string {
  const verdict = isMet(target, found) ? 'met' : 'missed';
  return `${target.measure === 'speed' ? '≥' : '≤'} ${target.bound} ${colored(verdict, verdict)}`;
}

function describeWork(workload: Workload): string {
  return `${sizeLabel(workload)}, ${workload.phase === 'before' ? 'before averaging' : 'averaging'}`;
}

function boundOf({ measure, bound }: Target): string {
  return measure === 'speed' ? `at least ${bound} times as fast` : `at most ${bound} times as long`;
}

function rangeOf({ worst, best, rows }: Extract<Judgement['found'], { worst: number }>): string {
  return rows === 1 ? ratio(worst) : `${ratio(worst)} to ${ratio(best)} in ${count(rows, 'row')}`;
}

function colored(verdict: Verdict, text: string): string {
  return styleText(({ met: 'green', missed: 'red', 'not measured': 'dim' } as const)[verdict], text);
}
