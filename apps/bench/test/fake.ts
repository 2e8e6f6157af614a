// Contenders that compute next to nothing, and take as long as they are told to on a clock of their own.

import type { Contender, Runner } from '../src/contender.ts';
import type { Comparison, Outcome } from '../src/pairing.ts';
import type { Effort } from '../src/sampling.ts';
import { type Pair, speedRatios, summarize } from '../src/statistics.ts';
import type { Workload } from '../src/workload.ts';

export const workload: Workload = { tensors: 1, length: 4096, dtype: 'float32', phase: 'blending' };

export const effort: Effort = {
  compileSteps: 1000,
  compile: 100,
  sample: 2,
  warmUp: 100,
  pairs: 100,
  fewestPairs: 3,
  mostPairs: 10,
  rounds: 1,
  deadline: Infinity,
};

export function fakeContender(overrides: Partial<Contender> = {}): Contender {
  return {
    id: 'fake',
    label: 'a fake',
    maxThreads: 1,
    peers: [],
    exactness: { kind: 'bits' },
    compiledLate: false,
    probe: async () => ({ available: true, version: '1.2.3' }),
    declines: () => undefined,
    open: async () => fakeRunner(),
    ...overrides,
  };
}

export function fakeRunner(overrides: Partial<Runner> = {}): Runner {
  return {
    run: async (steps) => steps,
    read: async () => ({ parameter: Float32Array.of(1), average: Float32Array.of(2) }),
    close: async () => {},
    ...overrides,
  };
}

export function comparison(subject: string, peer: string, changes: Partial<Workload> = {}): Comparison {
  const side = { workload: { ...workload, ...changes }, threads: 1 };
  return { subject: { contender: subject, ...side }, peer: { contender: peer, ...side } };
}

export function measured(pairs: readonly Pair[]): Outcome {
  return {
    status: 'measured',
    agreement: 'identical bits in 8192 values',
    stepsPerSample: [1, 1],
    pairs,
    subject: summarize(pairs.map(([ours]) => ours)),
    peer: summarize(pairs.map(([, theirs]) => theirs)),
    speed: summarize(speedRatios(pairs)),
  };
}
