// A run of contenders that take as long as they are told to.

import { bench } from '../src/bench.ts';
import type { Contender } from '../src/contender.ts';
import type { Comparison, Outcome } from '../src/pairing.ts';
import type { Limits } from '../src/plan.ts';
import type { Report } from '../src/report.ts';
import type { Effort } from '../src/sampling.ts';
import type { Pair } from '../src/statistics.ts';
import { effort, fakeContender, measured } from './fake.ts';

export const reason =
  "python3 -c 'import torch' does not work (no module named torch): name a Python with --python";

const contenders: Contender[] = [
  fakeContender({ id: 'asgd-cpu', label: 'asgd cpu', peers: ['hand-loop', 'pytorch-single'] }),
  fakeContender({ id: 'hand-loop', label: 'by hand' }),
  fakeContender({
    id: 'pytorch-single',
    label: 'PyTorch',
    maxThreads: 2,
    probe: async () => ({ available: false, reason }),
  }),
];

/** Ours takes 2 ms a step; the loop by hand takes 1 ms before averaging, and 4 ms after. */
export function run({
  followed = [],
  changes = {},
  limits = {},
}: {
  readonly followed?: string[];
  readonly changes?: Partial<Effort>;
  readonly limits?: Partial<Limits>;
} = {}): Promise<Report> {
  return runOf(
    contenders,
    ({ subject }) => [2, subject.workload.phase === 'before' ? 1 : 4],
    { quick: true, ...limits },
    { ...effort, ...changes },
    followed,
  );
}

/** A run in which each comparison takes what `pairOf` says. */
export function runOf(
  some: readonly Contender[],
  pairOf: (comparison: Comparison) => Pair,
  limits: Partial<Limits> & Pick<Limits, 'quick'>,
  course: Effort = effort,
  followed: string[] = [],
): Promise<Report> {
  return bench(some, {
    limits: { processors: 2, memory: 2 ** 40, ...limits },
    effort: course,
    async *measure({ comparisons }): AsyncGenerator<Outcome> {
      for (const comparison of comparisons) yield measured([pairOf(comparison), pairOf(comparison)]);
    },
    follow: (what, done, all) => followed.push(`${done}/${all} ${what}`),
  });
}
