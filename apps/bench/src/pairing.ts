import { agree } from './agreement.ts';
import type { Contender, Runner } from './contender.ts';
import { compile, type Effort, interleave, type Run, warmUp } from './sampling.ts';
import { type Pair, speedRatios, type Summary, summarize } from './statistics.ts';
import type { Workload } from './workload.ts';

/** One half of a comparison: a contender, what it works on, and how many threads it may use. */
export interface Side {
  readonly contender: string;
  readonly workload: Workload;
  readonly threads: number;
}

/** Two sides to be measured in turn. The subject is ours; the peer is what it is held against. */
export interface Comparison {
  readonly subject: Side;
  readonly peer: Side;
}

/** What came of a comparison. Times are milliseconds per step. */
export type Outcome =
  | {
      readonly status: 'measured';
      /** What was checked before timing. */
      readonly agreement: string;
      readonly stepsPerSample: readonly [subject: number, peer: number];
      readonly pairs: readonly Pair[];
      readonly subject: Summary;
      readonly peer: Summary;
      /** The subject's speed as a multiple of the peer's, pair by pair. */
      readonly speed: Summary;
    }
  | { readonly status: 'not measured'; readonly reason: string };

/** Long enough for every loop in a step, and short enough for thousands of steps. */
const compileLength = 1024;

/** Takes a contender through a small workload, so that its code is compiled before anything is timed. */
export async function prepare(side: Side, contenders: readonly Contender[], effort: Effort): Promise<void> {
  const contender = find(side.contender, contenders);
  if (!contender.compiledLate) return;
  const runner = await contender.open({ ...side.workload, tensors: 1, length: compileLength }, side.threads);
  try {
    await compile((steps) => runner.run(steps), effort);
  } finally {
    await runner.close();
  }
}

/** Opens both sides, checks that they compute the same, warms both up, and takes pairs of samples. */
export async function measure(
  { subject, peer }: Comparison,
  contenders: readonly Contender[],
  effort: Effort,
): Promise<Outcome> {
  const [ours, theirs] = [find(subject.contender, contenders), find(peer.contender, contenders)];
  const us = await ours.open(subject.workload, subject.threads);
  try {
    const them = await theirs.open(peer.workload, peer.threads);
    try {
      const agreement =
        ours === theirs ? 'the same contender' : await agree(us, them, theirs.exactness, subject.workload);
      return { status: 'measured', agreement, ...(await time(us, them, effort)) };
    } finally {
      await them.close();
    }
  } finally {
    await us.close();
  }
}

type Timing = Omit<Extract<Outcome, { status: 'measured' }>, 'status' | 'agreement'>;

async function time(us: Runner, them: Runner, effort: Effort): Promise<Timing> {
  const subject: Run = (steps) => us.run(steps);
  const peer: Run = (steps) => them.run(steps);
  const paces = [await warmUp(subject, effort), await warmUp(peer, effort)] as const;
  const pairs = await interleave(subject, peer, paces, effort);
  return {
    stepsPerSample: [paces[0].stepsPerSample, paces[1].stepsPerSample],
    pairs,
    subject: summarize(pairs.map(([ours]) => ours)),
    peer: summarize(pairs.map(([, theirs]) => theirs)),
    speed: summarize(speedRatios(pairs)),
  };
}

function find(id: string, contenders: readonly Contender[]): Contender {
  const found = contenders.find((contender) => contender.id === id);
  if (!found) {
    const known = contenders.map((contender) => contender.id).join(', ');
    throw new Error(`There is no contender '${id}'. Known are: ${known}.`);
  }
  return found;
}
