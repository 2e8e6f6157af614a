import type { RealDType } from '@asgd/core';
import type { Contender, Probe } from './contender.ts';
import type { Comparison, Side } from './pairing.ts';
import { targetOf } from './targets.ts';
import { elementsOf, memoryOf, type Phase, sizeLabel, type Workload } from './workload.ts';

/** All comparisons of one subject with one peer: they share a process, which nothing else runs in. */
export interface Pairing {
  readonly subject: string;
  readonly peer: string;
  readonly comparisons: readonly Comparison[];
}

/** A comparison that is not made, and why. */
interface Omission extends Comparison {
  readonly reason: string;
}

export interface Plan {
  readonly pairings: readonly Pairing[];
  readonly omissions: readonly Omission[];
}

/** What the machine and the caller allow. */
export interface Limits {
  readonly quick: boolean;
  /** Logical processors. */
  readonly processors: number;
  /** Bytes that may be allocated. */
  readonly memory: number;
  /** Keeps the comparisons whose description contains it, in any case. */
  readonly only?: string;
  /** Keeps the comparisons that a target is about. Without it or `only`, those with what one would use instead are kept. */
  readonly targetsOnly?: boolean;
}

type Size = Pick<Workload, 'tensors' | 'length'>;

const Ki = 2 ** 10;
const Mi = 2 ** 20;
const one = (length: number): Size => ({ tensors: 1, length });
const many: Size = { tensors: 256, length: 4 * Ki };
const threadCounts = [1, 2] as const;

/** What is compared with every peer. */
const thoroughSizes: readonly (readonly [RealDType, Phase, readonly Size[]])[] = [
  ['float32', 'before', [one(4 * Ki), one(64 * Ki), one(Mi), one(16 * Mi), one(64 * Mi), many]],
  ['float64', 'before', [one(Mi), one(16 * Mi), many]],
  ['float32', 'blending', [one(4 * Ki), one(64 * Ki), one(Mi), one(16 * Mi), one(64 * Mi), many]],
  ['float64', 'blending', [one(Mi), one(16 * Mi), many]],
];
const quickSizes: typeof thoroughSizes = [
  ['float32', 'before', [one(Mi)]],
  ['float32', 'blending', [one(4 * Ki), one(64 * Ki), one(Mi), one(16 * Mi), many]],
];

/** Everything worth comparing among `contenders`, with ours as the subjects. */
export function makePlan(
  contenders: readonly Contender[],
  probes: ReadonlyMap<string, Probe>,
  limits: Limits,
): Plan {
  const pairings: Pairing[] = [];
  const omissions: Omission[] = [];
  const consider = (subject: Contender, peer: Contender, wanted: readonly Comparison[]): void => {
    const comparisons: Comparison[] = [];
    for (const comparison of wanted) {
      if (!isWanted(comparison, peer, limits)) continue;
      const reason = reasonAgainst(comparison, subject, peer, probes, limits);
      if (reason === undefined) comparisons.push(comparison);
      else omissions.push({ ...comparison, reason });
    }
    if (comparisons.length > 0) pairings.push({ subject: subject.id, peer: peer.id, comparisons });
  };
  const ours = contenders.filter(isOurs);
  for (const subject of ours) consider(subject, subject, againstItself(subject, limits));
  // Peers by turns, so that a quick run that ends early has something of each backend of ours.
  const most = Math.max(0, ...ours.map(({ peers }) => peers.length));
  for (let turn = 0; turn < most; turn++) {
    for (const subject of ours) {
      const peer = contenders.find(({ id }) => id === subject.peers[turn]);
      if (peer) consider(subject, peer, againstPeer(subject, peer, limits));
    }
  }
  return { pairings, omissions };
}

/** Ours are those that are measured against others. */
export function isOurs({ peers }: Contender): boolean {
  return peers.length > 0;
}

/** `asgd-cpu vs hand-loop: 16 Mi, averaging, float32, 1 thread`. */
export function describeComparison({ subject, peer }: Comparison): string {
  const work = describeWork(subject.workload);
  const setting = `${subject.workload.dtype}, ${threadsLabel(subject.threads)}`;
  return subject.contender === peer.contender
    ? `${subject.contender}: ${work} vs ${describeWork(peer.workload)}, ${setting}`
    : `${subject.contender} vs ${peer.contender}: ${work}, ${setting}`;
}

export function threadsLabel(threads: number): string {
  return threads === 1 ? '1 thread' : `${threads} threads`;
}

function describeWork(workload: Workload): string {
  return `${sizeLabel(workload)}, ${workload.phase === 'before' ? 'before' : 'averaging'}`;
}

function againstPeer(subject: Contender, peer: Contender, limits: Limits): Comparison[] {
  const all = combine(subject, peer, limits.quick);
  return limits.quick ? all.filter((comparison) => isWorthHurry(comparison, limits)) : all;
}

function combine(subject: Contender, peer: Contender, quick: boolean): Comparison[] {
  // More threads than both can use would repeat a comparison.
  const most = quick ? subject.maxThreads : Math.max(subject.maxThreads, peer.maxThreads);
  return (quick ? quickSizes : thoroughSizes).flatMap(([dtype, phase, sizes]) =>
    sizes.flatMap((size) =>
      threadCounts
        .filter((count) => count <= most)
        .map((threads) => {
          const side = { workload: { ...size, dtype, phase }, threads };
          return { subject: { contender: subject.id, ...side }, peer: { contender: peer.id, ...side } };
        }),
    ),
  );
}

/** A quick run keeps to a mebi of elements, in one tensor or many, and to what a target is about when asked for it. */
function isWorthHurry(comparison: Comparison, { only, targetsOnly = false }: Limits): boolean {
  if (elementsOf(comparison.subject.workload) === Mi) return true;
  return (targetsOnly || only !== undefined) && targetOf(comparison) !== undefined;
}

/** What the average costs, and what many tensors cost where one would do. */
function againstItself(ours: Contender, { quick }: Limits): Comparison[] {
  const all = threadCounts
    .filter((threads) => threads <= (quick ? 1 : ours.maxThreads))
    .flatMap((threads) => {
      const side = (size: Size, phase: Phase): Side => ({
        contender: ours.id,
        workload: { ...size, dtype: 'float32', phase },
        threads,
      });
      return [
        { subject: side(one(16 * Mi), 'before'), peer: side(one(16 * Mi), 'blending') },
        { subject: side(many, 'blending'), peer: side(one(many.tensors * many.length), 'blending') },
      ];
    });
  return all.filter(
    (comparison) =>
      (!quick || targetOf(comparison) !== undefined) &&
      // Declined, it would be a line of gaps.
      [comparison.subject, comparison.peer].every(
        ({ workload }) => ours.declines(workload, quick) === undefined,
      ),
  );
}

function isWanted(comparison: Comparison, peer: Contender, { only, targetsOnly = false }: Limits): boolean {
  if (targetsOnly && targetOf(comparison) === undefined) return false;
  if (only !== undefined) return describeComparison(comparison).toLowerCase().includes(only.toLowerCase());
  return targetsOnly || !(peer.isLimit === true || isOurs(peer));
}

/** Room for the copies that setting up and checking make. */
const spare = 1.5;

function reasonAgainst(
  comparison: Comparison,
  subject: Contender,
  peer: Contender,
  probes: ReadonlyMap<string, Probe>,
  limits: Limits,
): string | undefined {
  for (const contender of [subject, peer]) {
    const probe = probes.get(contender.id);
    if (probe?.available === false) return probe.reason;
    const { workload } = contender === subject ? comparison.subject : comparison.peer;
    const declined = contender.declines(workload, limits.quick);
    if (declined !== undefined) return declined;
  }
  const { threads } = comparison.subject;
  if (threads > limits.processors) return `${threads} threads need ${threads} processors, and there is one`;
  const needed = spare * (memoryOf(comparison.subject.workload) + memoryOf(comparison.peer.workload));
  if (needed > limits.memory) {
    return `it needs ${gibibytes(needed)} GiB of memory, and ${gibibytes(limits.memory)} GiB are free`;
  }
  return undefined;
}

function gibibytes(bytes: number): string {
  return (bytes / 2 ** 30).toFixed(1);
}
