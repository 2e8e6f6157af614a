import type { Side } from './pairing.ts';
import type { Entrant, Report } from './report.ts';
import { type Summary, summarize } from './statistics.ts';
import type { Workload } from './workload.ts';

/** What one contender took for one workload, over all pairings that it was part of. */
export interface Measurement {
  readonly entrant: Entrant;
  readonly workload: Workload;
  readonly threads: number;
  /** Milliseconds per step. */
  readonly time: Summary;
}

/** Every contender's own times. Ratios are not made from these: they come from pairs. */
export function measurementsOf({ rows, entrants }: Pick<Report, 'rows' | 'entrants'>): Measurement[] {
  const gathered = new Map<string, { side: Side; entrant: Entrant; samples: number[] }>();
  for (const { subject, peer, outcome } of rows) {
    if (outcome.status !== 'measured') continue;
    for (const [index, asked] of [subject, peer].entries()) {
      const entrant = entrants.find(({ id }) => id === asked.contender);
      if (!entrant) continue;
      // A contender of one thread is the same however many it is allowed.
      const side = { ...asked, threads: Math.min(asked.threads, entrant.maxThreads) };
      const key = keyOf(side);
      const known = gathered.get(key) ?? { side, entrant, samples: [] };
      gathered.set(key, known);
      for (const pair of outcome.pairs) known.samples.push(pair[index === 0 ? 0 : 1]);
    }
  }
  return [...gathered.values()].map(({ side, entrant, samples }) => ({
    entrant,
    workload: side.workload,
    threads: side.threads,
    time: summarize(samples),
  }));
}

/** Equal for equal sides. */
export function keyOf({ contender, workload, threads }: Side): string {
  const { tensors, length, dtype, phase } = workload;
  return [contender, tensors, length, dtype, phase, threads].join();
}
