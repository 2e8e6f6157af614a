import { describe, expect, test } from 'vitest';
import type { Contender, Probe } from '../src/contender.ts';
import { describeComparison, type Limits, makePlan, type Plan } from '../src/plan.ts';
import type { Workload } from '../src/workload.ts';
import { fakeContender } from './fake.ts';

const ours = fakeContender({ id: 'asgd-cpu', peers: ['hand-loop'] });
const peer = fakeContender({ id: 'hand-loop' });
const limits: Limits = { quick: true, processors: 4, memory: 2 ** 40 };

function plan(
  contenders: readonly Contender[] = [ours, peer],
  changes: Partial<Limits> = {},
  probes: ReadonlyMap<string, Probe> = new Map(),
): Plan {
  return makePlan(contenders, probes, { ...limits, ...changes });
}

const described = ({ pairings }: Plan): string[] =>
  pairings.flatMap(({ comparisons }) => comparisons).map(describeComparison);

describe('the plan', () => {
  test('compares ours with what one would use instead, in a quick run at 1 Mi elements', () => {
    expect(described(plan())).toStrictEqual([
      'asgd-cpu vs hand-loop: 1 Mi, before, float32, 1 thread',
      'asgd-cpu vs hand-loop: 1 Mi, averaging, float32, 1 thread',
      'asgd-cpu vs hand-loop: 256 × 4 Ki, averaging, float32, 1 thread',
    ]);
  });

  test('compares ours with itself and with what the machine can do only for targets, or when asked for', () => {
    const webgpu = fakeContender({ id: 'asgd-webgpu', peers: ['copy-shader'] });
    const contenders = [webgpu, fakeContender({ id: 'copy-shader', isLimit: true })];
    const limit = 'asgd-webgpu vs copy-shader: 1 Mi, averaging, float32, 1 thread';
    const self = 'asgd-webgpu: 16 Mi, before vs 16 Mi, averaging, float32, 1 thread';
    expect(described(plan(contenders, { quick: false }))).toStrictEqual([]);
    expect(described(plan(contenders, { targetsOnly: true }))).toStrictEqual(
      expect.arrayContaining([limit, self]),
    );
    expect(described(plan(contenders, { only: 'copy-shader: 1 Mi, averaging' }))).toStrictEqual([limit]);
  });

  test('puts all comparisons with one peer into one process', () => {
    expect(
      plan([ours, peer], { targetsOnly: true }).pairings.map(({ subject, peer: against }) => [
        subject,
        against,
      ]),
    ).toStrictEqual([
      ['asgd-cpu', 'asgd-cpu'],
      ['asgd-cpu', 'hand-loop'],
    ]);
  });

  test('comes to the peers of each of ours by turns', () => {
    const contenders = [
      fakeContender({ id: 'a', peers: ['p', 'q'] }),
      fakeContender({ id: 'b', peers: ['q', 'r', 'p'] }),
      ...['p', 'q', 'r'].map((id) => fakeContender({ id })),
    ];
    const turns = plan(contenders).pairings.map((pairing) => `${pairing.subject} ${pairing.peer}`);
    expect(turns).toStrictEqual(['a p', 'b q', 'a q', 'b r', 'b p']);
  });

  test('adds 64 Mi and float64 when it need not be quick', () => {
    const all = described(plan([ours, peer], { quick: false }));
    expect(all).toContain('asgd-cpu vs hand-loop: 64 Mi, averaging, float32, 1 thread');
    expect(all).toContain('asgd-cpu vs hand-loop: 16 Mi, before, float64, 1 thread');
  });

  test('keeps a quick run to 1 Mi elements, and to what a target is about when that is asked for', () => {
    const without = fakeContender({ id: 'asgd-cpu', peers: ['pytorch-single'] });
    const pytorch = fakeContender({ id: 'pytorch-single' });
    expect(described(plan([without, pytorch]))).toStrictEqual([
      'asgd-cpu vs pytorch-single: 1 Mi, before, float32, 1 thread',
      'asgd-cpu vs pytorch-single: 1 Mi, averaging, float32, 1 thread',
      'asgd-cpu vs pytorch-single: 256 × 4 Ki, averaging, float32, 1 thread',
    ]);
    expect(described(plan([ours, peer], { targetsOnly: true }))).toContain(
      'asgd-cpu vs hand-loop: 16 Mi, averaging, float32, 1 thread',
    );
    expect(described(plan([without, pytorch], { quick: false }))).toContain(
      'asgd-cpu vs pytorch-single: 64 Ki, averaging, float32, 1 thread',
    );
  });

  test('tries two threads where one of the two can use them, or in a quick run where ours can', () => {
    const threaded = { maxThreads: 2 };
    const row = 'vs hand-loop: 1 Mi, averaging, float32, 2 threads';
    const both = (ourThreads: object, peerThreads: object, quick: boolean): string =>
      described(
        plan(
          [
            { ...ours, ...ourThreads },
            { ...peer, ...peerThreads },
          ],
          { quick },
        ),
      ).join('\n');
    expect(both({}, threaded, false)).toContain(row);
    expect(both({}, threaded, true)).not.toContain('2 threads');
    expect(both(threaded, {}, true)).toContain(row);
    expect(both({}, {}, false)).not.toContain('2 threads');
  });

  test('leaves out, with the reason, what a missing contender would have been part of', () => {
    const reason = "python3 -c 'import torch' does not work";
    const { pairings, omissions } = plan(
      [ours, peer],
      {},
      new Map([['hand-loop', { available: false, reason }]]),
    );
    expect(pairings).toStrictEqual([]);
    expect(omissions).toHaveLength(3);
    expect(omissions.every((omission) => omission.reason === reason)).toBe(true);
  });

  test('leaves out, with its reason, what a contender declines', () => {
    const picky = fakeContender({
      id: 'hand-loop',
      declines: ({ length }) => (length > 4096 ? 'too much for me' : undefined),
    });
    const { omissions } = plan([ours, picky]);
    expect(omissions).toHaveLength(2);
    expect(omissions[0]?.reason).toBe('too much for me');
  });

  test('does not compare ours with itself at what it declines', () => {
    const small = { ...ours, declines: ({ length }: Workload) => (length > 4096 ? 'too much' : undefined) };
    const { omissions } = plan([small, peer], { targetsOnly: true });
    expect(described(plan([small, peer], { targetsOnly: true })).join()).not.toContain('asgd-cpu: ');
    expect(omissions.map((omission) => omission.peer.contender)).not.toContain(small.id);
  });

  test('leaves out what does not fit into memory', () => {
    const { omissions } = plan([ours, peer], { memory: 2 ** 29, targetsOnly: true });
    // 16 Mi elements × 4 bytes × 3 arrays × 2 contenders, and half as much to spare
    expect(omissions[0]?.reason).toBe('it needs 0.6 GiB of memory, and 0.5 GiB are free');
    expect(omissions.every(({ subject }) => subject.workload.length === 2 ** 24)).toBe(true);
  });

  test('leaves out two threads on one processor', () => {
    const threaded = fakeContender({ id: 'hand-loop', maxThreads: 2 });
    const { omissions } = plan([ours, threaded], { processors: 1, quick: false });
    expect(omissions.length).toBeGreaterThan(0);
    expect(omissions.every(({ subject }) => subject.threads === 2)).toBe(true);
  });

  test('keeps only what a target is about', () => {
    const wasm = fakeContender({ id: 'asgd-wasm', peers: ['plain-c'] });
    const c = fakeContender({ id: 'plain-c' });
    const kept = described(plan([wasm, c], { quick: false, targetsOnly: true, only: 'float32' }));
    const one = (size: string, phase: string): string =>
      `asgd-wasm vs plain-c: ${size}, ${phase}, float32, 1 thread`;
    expect(kept.filter((description) => description.includes('plain-c'))).toStrictEqual(
      ['before', 'averaging'].flatMap((phase) => ['1 Mi', '16 Mi', '64 Mi'].map((size) => one(size, phase))),
    );
  });

  test('keeps only what it is asked for, whatever the case', () => {
    expect(described(plan([ours, peer], { only: 'HAND-LOOP: 1 mi, averaging' }))).toStrictEqual([
      'asgd-cpu vs hand-loop: 1 Mi, averaging, float32, 1 thread',
    ]);
  });
});
