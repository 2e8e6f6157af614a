import type { Comparison, Outcome } from './pairing.ts';
import { elementsOf, type Workload } from './workload.ts';

/** A comparison and what came of it. */
export interface Row extends Comparison {
  readonly outcome: Outcome;
}

/** What is promised of the ratio between a subject and its peer. */
export interface Target {
  readonly what: string;
  /** One of ours; without it, any of them. */
  readonly subject?: string;
  /** Against the faster of these; without any, against itself. */
  readonly peers: readonly string[];
  applies(subject: Workload, threads: number, peer: Workload): boolean;
  /** `speed`: at least so many times the peer's. `time`: at most so many times the peer's. */
  readonly measure: 'speed' | 'time';
  readonly bound: number;
}

export type Verdict = 'met' | 'missed' | 'not measured';

/** A target, and how it stands after a run. */
export interface Judgement {
  readonly target: Target;
  readonly verdict: Verdict;
  /** The ratio in the target's own measure, from the worst row to the best, or why there is none. */
  readonly found:
    { readonly worst: number; readonly best: number; readonly rows: number } | { readonly reason: string };
}

const Ki = 2 ** 10;
const Mi = 2 ** 20;
const pytorch = ['pytorch-single', 'pytorch-foreach'];

const isOne = ({ tensors }: Workload): boolean => tensors === 1;
const isMany = ({ tensors, length }: Workload): boolean => tensors === 256 && length === 4 * Ki;
const isBlending32 = ({ dtype, phase }: Workload): boolean => dtype === 'float32' && phase === 'blending';
/** Of less, a launch is most. */
const isWorthCopying = (workload: Workload): boolean => elementsOf(workload) >= Mi;
const isLarge = ({ length }: Workload): boolean => length === Mi || length === 16 * Mi;

/** Where a contender runs: what its name and its id end with. */
interface Place {
  readonly where: string;
  readonly suffix: string;
}

const inNode: Place = { where: '', suffix: '' };
const inChromium: Place = { where: ' in Chromium', suffix: '-browser' };

const againstPyTorch = (threads: number, { where, suffix }: Place): Target => ({
  what: `wasm${where}, ${threads} thread${threads === 1 ? '' : 's'}, against PyTorch: 1 Mi and 16 Mi, averaging, float32`,
  subject: `asgd-wasm${suffix}`,
  peers: pytorch,
  applies: (workload, count) =>
    isBlending32(workload) && isOne(workload) && isLarge(workload) && count === threads,
  measure: 'speed',
  bound: 3,
});

const ofWebGPU = ({ where, suffix }: Place): readonly Target[] => [
  {
    what: `webgpu${where} against a shader that copies as many bytes, 1 Mi and more`,
    subject: `asgd-webgpu${suffix}`,
    peers: [`copy-shader${suffix}`],
    applies: isWorthCopying,
    measure: 'speed',
    bound: 0.85,
  },
  {
    what: `webgpu${where} against that shader, by the GPU’s clock, 1 Mi and more`,
    subject: `asgd-webgpu-device${suffix}`,
    peers: [`copy-shader-device${suffix}`],
    applies: isWorthCopying,
    measure: 'speed',
    bound: 0.85,
  },
  {
    what: `webgpu${where}, 256 tensors of 4 Ki against one of 1 Mi`,
    subject: `asgd-webgpu${suffix}`,
    peers: [],
    applies: (subject, _, peer) => isMany(subject) && isOne(peer),
    measure: 'time',
    bound: 1.5,
  },
  {
    what: `webgpu${where} against TensorFlow.js webgpu momentum, 256 tensors of 4 Ki`,
    subject: `asgd-webgpu${suffix}`,
    peers: [`tensorflow-webgpu${suffix}`],
    applies: isMany,
    measure: 'speed',
    bound: 3,
  },
  {
    what: `webgpu${where}, on the calling thread, against 0.3 ms, 256 tensors of 4 Ki`,
    subject: `asgd-webgpu-caller${suffix}`,
    peers: ['caller-budget'],
    applies: isMany,
    measure: 'speed',
    bound: 1,
  },
];

/** @asgd/tfjs against the optimizers of TensorFlow.js, on the same backend of it. */
const ofTfjs = (
  backend: string,
  size: '1 Mi' | '256 tensors of 4 Ki',
  bound: number,
  { where, suffix }: Place = inNode,
): Target => ({
  what: `tfjs ${backend}${where} against TensorFlow.js momentum and adam, ${size}`,
  subject: `asgd-tfjs-${backend}${suffix}`,
  peers: [`tensorflow-${backend}${suffix}`, `tensorflow-${backend}-adam${suffix}`],
  applies: size === '1 Mi' ? (workload) => isOne(workload) && workload.length === Mi : isMany,
  measure: 'speed',
  bound,
});

const bothSizes = (...[backend, bound, place]: readonly [string, number, Place?]): readonly Target[] =>
  (['1 Mi', '256 tensors of 4 Ki'] as const).map((size) => ofTfjs(backend, size, bound, place));

/** The targets that are ratios of times, from the project's design. */
export const targets: readonly Target[] = [
  {
    what: 'cpu against the same loop by hand',
    subject: 'asgd-cpu',
    peers: ['hand-loop'],
    applies: () => true,
    measure: 'speed',
    bound: 0.95,
  },
  {
    what: 'cpu against TensorFlow.js cpu momentum',
    subject: 'asgd-cpu',
    peers: ['tensorflow-cpu'],
    applies: () => true,
    measure: 'speed',
    bound: 10,
  },
  {
    what: 'a step before averaging against one that averages, 16 Mi',
    peers: [],
    applies: (subject, _, peer) =>
      elementsOf(subject) === 16 * Mi && subject.phase === 'before' && peer.phase === 'blending',
    measure: 'speed',
    bound: 1.5,
  },
  againstPyTorch(1, inNode),
  againstPyTorch(2, inNode),
  {
    what: 'wasm against PyTorch, 256 tensors of 4 Ki',
    subject: 'asgd-wasm',
    peers: pytorch,
    applies: isMany,
    measure: 'speed',
    bound: 5,
  },
  {
    what: 'wasm against the same loop in C, 1 Mi to 64 Mi',
    subject: 'asgd-wasm',
    peers: ['plain-c'],
    applies: (workload) => isOne(workload) && workload.length >= Mi,
    measure: 'speed',
    bound: 0.85,
  },
  {
    what: 'wasm, 256 tensors of 4 Ki against one of 1 Mi',
    subject: 'asgd-wasm',
    peers: [],
    applies: (subject, _, peer) => isMany(subject) && isOne(peer),
    measure: 'time',
    bound: 1.3,
  },
  {
    what: 'wasm against TensorFlow.js wasm momentum',
    subject: 'asgd-wasm',
    peers: ['tensorflow-wasm'],
    applies: () => true,
    measure: 'speed',
    bound: 4,
  },
  ...bothSizes('cpu', 10),
  ofTfjs('wasm', '1 Mi', 2),
  ofTfjs('wasm', '256 tensors of 4 Ki', 5),
  ...bothSizes('webgpu', 2),
  ...bothSizes('node', 1), // it copies there
  ...ofWebGPU(inNode),
  againstPyTorch(1, inChromium),
  againstPyTorch(2, inChromium),
  ...ofWebGPU(inChromium),
  ...bothSizes('webgpu', 2, inChromium),
  ...bothSizes('webgl', 1, inChromium), // it copies there
];

/** The target that a comparison counts towards, if any. */
export function targetOf(
  { subject, peer }: Comparison,
  all: readonly Target[] = targets,
): Target | undefined {
  const isSelf = subject.contender === peer.contender;
  return all.find(
    (target) =>
      (target.subject ?? subject.contender) === subject.contender &&
      (isSelf ? target.peers.length === 0 : target.peers.includes(peer.contender)) &&
      target.applies(subject.workload, subject.threads, peer.workload),
  );
}

/** A ratio of speeds in the measure of a target. */
export function inMeasureOf({ measure }: Target, speed: number): number {
  return measure === 'speed' ? speed : 1 / speed;
}

/** Whether a ratio, in the target's measure, keeps to its bound. */
export function isMet({ measure, bound }: Target, ratio: number): boolean {
  return measure === 'speed' ? ratio >= bound : ratio <= bound;
}

/** How every target stands. One is met when all its rows meet it, each against the faster of its peers. */
export function judge(rows: readonly Row[], all: readonly Target[] = targets): Judgement[] {
  return all.map((target) => {
    const speeds = new Map<string, number>();
    const mine = rows.filter((row) => targetOf(row, all) === target);
    for (const { subject, outcome } of mine) {
      if (outcome.status !== 'measured') continue;
      const key = JSON.stringify(subject);
      speeds.set(key, Math.min(speeds.get(key) ?? Infinity, outcome.speed.median));
    }
    if (speeds.size === 0) {
      return { target, verdict: 'not measured', found: { reason: reasonOf(target, mine) } };
    }
    const slowest = inMeasureOf(target, Math.min(...speeds.values()));
    const fastest = inMeasureOf(target, Math.max(...speeds.values()));
    return {
      target,
      verdict: isMet(target, slowest) ? 'met' : 'missed',
      found: { worst: slowest, best: fastest, rows: speeds.size },
    };
  });
}

function reasonOf({ subject }: Target, rows: readonly Row[]): string {
  for (const { outcome } of rows) if (outcome.status === 'not measured') return outcome.reason;
  return subject === undefined ? 'this run had no such row' : `this run had no such row of ${subject}`;
}
