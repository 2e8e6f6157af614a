import { describe, expect, test } from 'vitest';
import { isMet, judge, type Row, type Target, targetOf, targets } from '../src/targets.ts';
import { comparison, measured } from './fake.ts';

const target: Target = {
  what: 'ours against the faster of two',
  subject: 'ours',
  peers: ['slow', 'fast'],
  applies: ({ phase }) => phase === 'blending',
  measure: 'speed',
  bound: 3,
};

/** Ours at so many times the speed of the peer's. */
const row = (peer: string, speed: number, changes = {}): Row => ({
  ...comparison('ours', peer, changes),
  outcome: measured([[1, speed]]),
});

describe('a target', () => {
  test('is met when every row meets it', () => {
    const [judgement] = judge([row('slow', 3), row('slow', 5, { length: 1024 })], [target]);
    expect(judgement).toMatchObject({ verdict: 'met', found: { worst: 3, best: 5, rows: 2 } });
  });

  test('is missed when one row misses it', () => {
    const [judgement] = judge([row('slow', 9), row('slow', 2.9, { length: 1024 })], [target]);
    expect(judgement).toMatchObject({ verdict: 'missed', found: { worst: 2.9, best: 9 } });
  });

  test('is held against the faster of several peers', () => {
    const [judgement] = judge([row('slow', 10), row('fast', 2)], [target]);
    expect(judgement).toMatchObject({ verdict: 'missed', found: { worst: 2, best: 2, rows: 1 } });
  });

  test('is not measured, with the reason, when what it needs was not', () => {
    const missing: Row = {
      ...comparison('ours', 'slow'),
      outcome: { status: 'not measured', reason: 'no PyTorch' },
    };
    expect(judge([missing], [target])[0]).toMatchObject({
      verdict: 'not measured',
      found: { reason: 'no PyTorch' },
    });
    expect(judge([], [target])[0]).toMatchObject({
      found: { reason: 'this run had no such row of ours' },
    });
  });

  test('ignores rows that it does not apply to', () => {
    expect(judge([row('slow', 9, { phase: 'before' })], [target])[0]?.verdict).toBe('not measured');
    expect(judge([row('another', 9)], [target])[0]?.verdict).toBe('not measured');
  });

  test('may bound a time instead of a speed', () => {
    const time: Target = { ...target, peers: [], measure: 'time', bound: 1.25 };
    const [met] = judge([row('ours', 0.8)], [time]);
    expect(met).toMatchObject({ verdict: 'met', found: { worst: 1.25 } });
    const [missed] = judge([row('ours', 0.5)], [time]);
    expect(missed).toMatchObject({ verdict: 'missed', found: { worst: 2 } });
  });

  test('is met at its very bound', () => {
    expect(isMet(target, 3)).toBe(true);
    expect(isMet(target, 2.999)).toBe(false);
  });
});

describe('the targets of this project', () => {
  test('hold cpu against the loop by hand at 0.95, and against TensorFlow.js at 10', () => {
    expect(targetOf(comparison('asgd-cpu', 'hand-loop'))?.bound).toBe(0.95);
    expect(targetOf(comparison('asgd-cpu', 'tensorflow-cpu'))?.bound).toBe(10);
  });

  test('say nothing of cpu against PyTorch', () => {
    expect(targetOf(comparison('asgd-cpu', 'pytorch-single'))).toBeUndefined();
  });

  test('hold a step before averaging against a blending one', () => {
    const [subject, peer] = (['before', 'blending'] as const).map(
      (phase) => comparison('asgd-cpu', 'asgd-cpu', { phase, length: 2 ** 24 }).subject,
    );
    if (!subject || !peer) throw new Error('two sides');
    expect(targetOf({ subject, peer })).toMatchObject({ bound: 1.5, measure: 'speed' });
    expect(targetOf({ subject: peer, peer: subject })).toBeUndefined();
  });

  test.each([
    ['asgd-wasm', 'pytorch-foreach', { length: 2 ** 20 }, 3],
    ['asgd-wasm', 'pytorch-single', { tensors: 256, length: 4096 }, 5],
    ['asgd-wasm', 'plain-c', { length: 2 ** 26 }, 0.85],
    ['asgd-webgpu', 'copy-shader', { length: 2 ** 20 }, 0.85],
    ['asgd-webgpu-device', 'copy-shader-device', { length: 2 ** 20 }, 0.85],
    ['asgd-wasm-browser', 'pytorch-single', { length: 2 ** 24 }, 3],
    ['asgd-webgpu-browser', 'copy-shader-browser', { length: 2 ** 20 }, 0.85],
    ['asgd-webgpu-device-browser', 'copy-shader-device-browser', { length: 2 ** 20 }, 0.85],
    ['asgd-webgpu-browser', 'tensorflow-webgpu-browser', { tensors: 256, length: 4096 }, 3],
    ['asgd-webgpu-caller-browser', 'caller-budget', { tensors: 256, length: 4096 }, 1],
  ])('await %s against %s: %o', (subject, peer, changes, bound) => {
    expect(targetOf(comparison(subject, peer, changes))?.bound).toBe(bound);
  });

  test('are all told as not measured by an empty run', () => {
    expect(judge([]).map(({ verdict }) => verdict)).toStrictEqual(targets.map(() => 'not measured'));
  });
});
