import { agree } from './agreement.ts';
import type { Contender, Runner } from './contender.ts';
import { compile, type Effort, interleave, type Run, warmUp } from './sampling.ts';
import { type Pair, speedRatios, type Summary, summarize } from './statistics.ts';
import { stepsUntilSteady, type Workload } from './workload.ts';

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

/** Long enough for every loop in a step, and short enough for very many steps. */
const compileLength = 256;

/**
 * Has both sides compiled, opens them, checks that they compute the same, has them compiled again and warmed up, and
 * takes pairs of samples. Compiled again, because the garbage collections that large allocations set off throw
 * compiled code away.
 */
export async function measure(
  { subject, peer }: Comparison,
  contenders: readonly Contender[],
  effort: Effort,
): Promise<Outcome> {
  const [ours, theirs] = [find(subject.contender, contenders), find(peer.contender, contenders)];
  const getBothCompiled = async (): Promise<void> => {
    await getCompiled(ours, subject, effort);
    await getCompiled(theirs, peer, effort);
  };
  // Code that meets a large workload first is compiled in the middle of a loop, and may stay so, at a tenth of the speed.
  await getBothCompiled();
  const us = await ours.open(subject.workload, subject.threads);
  try {
    const them = await theirs.open(peer.workload, peer.threads);
    try {
      const agreement =
        ours === theirs ? await settle(us, them) : await agree(us, them, theirs.exactness, subject.workload);
      await getBothCompiled();
      const subjectRun: Run = (steps) => us.run(steps);
      const peerRun: Run = (steps) => them.run(steps);
      const paces = [await warmUp(subjectRun, effort), await warmUp(peerRun, effort)] as const;
      const pairs = await interleave(subjectRun, peerRun, paces, effort);
      const [{ stepsPerSample }, { stepsPerSample: theirSteps }] = paces;
      return {
        status: 'measured',
        agreement,
        stepsPerSample: [stepsPerSample, theirSteps],
        ...timingOf(pairs),
      };
    } finally {
      await them.close();
    }
  } finally {
    await us.close();
  }
}

/** A contender agrees with itself; it only has to come to the steps that its workloads are about. */
async function settle(...runners: readonly Runner[]): Promise<string> {
  for (const runner of runners) await runner.run(stepsUntilSteady);
  return 'the same contender';
}

/** Takes a contender through a small workload, so that its code is compiled before anything is timed. */
async function getCompiled(contender: Contender, { workload, threads }: Side, effort: Effort): Promise<void> {
  if (!contender.compiledLate) return;
  const runner = await contender.open({ ...workload, tensors: 1, length: compileLength }, threads);
  try {
    await compile((steps) => runner.run(steps), effort);
  } finally {
    await runner.close();
  }
}

/** What several processes found, as one. What one of them could not measure was not measured. */
export function merge(outcomes: readonly Outcome[]): Outcome {
  const [first] = outcomes;
  if (!first) return { status: 'not measured', reason: 'a quick run had no time left for it' };
  const pairs: Pair[] = [];
  for (const outcome of outcomes) {
    if (outcome.status === 'not measured') return outcome;
    pairs.push(...outcome.pairs);
  }
  return { ...first, ...timingOf(pairs) };
}

type Timing = Pick<Extract<Outcome, { status: 'measured' }>, 'pairs' | 'subject' | 'peer' | 'speed'>;

function timingOf(pairs: readonly Pair[]): Timing {
  return {
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
