import type { Contender, Probe } from './contender.ts';
import type { Comparison, Side } from './pairing.ts';
import { memoryOf, type Phase, sizeLabel, type Workload } from './workload.ts';

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
  /** Keeps the comparisons whose description contains it, whatever the case. */
  readonly only?: string;
}

type Size = Pick<Workload, 'tensors' | 'length'>;

const Ki = 2 ** 10;
const Mi = 2 ** 20;
const phases: readonly Phase[] = ['before', 'blending'];
const many: Size = { tensors: 256, length: 4 * Ki };
const sizes: readonly Size[] = [
  ...[4 * Ki, 64 * Ki, Mi, 16 * Mi].map((length) => ({ tensors: 1, length })),
  many,
];
const huge: Size = { tensors: 1, length: 64 * Mi };
const threadCounts = [1, 2] as const;

/** Everything worth comparing among `contenders`, ours as subjects. */
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
      if (!isWanted(comparison, limits.only)) continue;
      const reason = reasonAgainst(comparison, subject, peer, probes, limits);
      if (reason === undefined) comparisons.push(comparison);
      else omissions.push({ ...comparison, reason });
    }
    if (comparisons.length > 0) pairings.push({ subject: subject.id, peer: peer.id, comparisons });
  };
  for (const subject of contenders.filter(isOurs)) {
    for (const id of subject.peers) {
      const peer = contenders.find((contender) => contender.id === id);
      if (peer) consider(subject, peer, againstPeer(subject, peer, limits));
    }
    consider(subject, subject, againstItself(subject));
  }
  return { pairings, omissions };
}

/** Ours are those that are measured against others. */
export function isOurs({ peers }: Contender): boolean {
  return peers.length > 0;
}

/** `asgd-cpu against hand-loop: float32, 16 Mi, blending, 1 thread`. */
export function describeComparison({ subject, peer }: Comparison): string {
  if (subject.contender !== peer.contender) {
    return `${subject.contender} against ${peer.contender}: ${describeSide(subject)}`;
  }
  return `${subject.contender} against itself: ${describeSide(subject)} against ${describeSide(peer)}`;
}

function describeSide({ workload, threads }: Side): string {
  const { dtype, phase } = workload;
  return [dtype, sizeLabel(workload), phase, threads === 1 ? '1 thread' : `${threads} threads`].join(', ');
}

function againstPeer(subject: Contender, peer: Contender, { quick }: Limits): Comparison[] {
  // More threads than both can use would repeat a comparison.
  const most = Math.max(subject.maxThreads, peer.maxThreads);
  const dtypes = quick ? (['float32'] as const) : (['float32', 'float64'] as const);
  const comparisons: Comparison[] = [];
  for (const phase of phases) {
    for (const dtype of dtypes) {
      for (const size of quick ? sizes : [...sizes, huge]) {
        for (const threads of threadCounts.filter((count) => count <= most)) {
          const workload = { ...size, dtype, phase };
          comparisons.push({
            subject: { contender: subject.id, workload, threads },
            peer: { contender: peer.id, workload, threads },
          });
        }
      }
    }
  }
  return comparisons;
}

/** What the average costs, and what many tensors cost where one would do. */
function againstItself(ours: Contender): Comparison[] {
  const large: Size = { tensors: 1, length: 16 * Mi };
  const one: Size = { tensors: 1, length: many.tensors * many.length };
  return threadCounts
    .filter((threads) => threads <= ours.maxThreads)
    .flatMap((threads) => {
      const side = (size: Size, phase: Phase): Side => ({
        contender: ours.id,
        workload: { ...size, dtype: 'float32', phase },
        threads,
      });
      return [
        { subject: side(large, 'before'), peer: side(large, 'blending') },
        { subject: side(many, 'blending'), peer: side(one, 'blending') },
      ];
    });
}

function isWanted(comparison: Comparison, only: string | undefined): boolean {
  return only === undefined || describeComparison(comparison).toLowerCase().includes(only.toLowerCase());
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
  if (threads > limits.processors) return `${threads} threads want as many processors: there is one`;
  const needed = spare * (memoryOf(comparison.subject.workload) + memoryOf(comparison.peer.workload));
  if (needed > limits.memory) {
    return `it takes ${gibibytes(needed)} GiB of memory, and ${gibibytes(limits.memory)} are free`;
  }
  return undefined;
}

function gibibytes(bytes: number): string {
  return (bytes / 2 ** 30).toFixed(1);
}
