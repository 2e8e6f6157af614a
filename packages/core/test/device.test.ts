import {
  ASGD,
  BackendError,
  OptionError,
  OutOfMemoryError,
  type Parameter,
  UnsupportedError,
} from '@asgd/core';
import { describe, expect, test } from 'vitest';
import { Recorder } from './recording.ts';

function withGradient({ backend }: Recorder, length = 1): Parameter {
  const parameter = backend.parameter(new Float32Array(length));
  parameter.grad = backend.tensor(new Float32Array(length));
  return parameter;
}

describe('a schedule on the device', () => {
  test('is used for capturable groups, and needs nothing from the host', async () => {
    const recorder = new Recorder('device', { scheduled: true });
    const [filled, empty] = [withGradient(recorder), withGradient(recorder, 0)];
    const optimizer = new ASGD([filled, empty], { capturable: true, lr: 0.5, t0: 3 });
    optimizer.step();
    expect(recorder.calls).toStrictEqual([]);
    expect(recorder.deviceCalls).toMatchObject([
      {
        batch: {
          dtype: 'float32',
          averaging: 'scheduled',
          items: [{ length: 1, average: Float32Array.of(0) }],
        },
        scalars: { counters: Float32Array.of(0, 0, 0, 0.5, 1), lr: 0.5, lambd: 1e-4, alpha: 0.75, t0: 3 },
      },
    ]);
    expect(await optimizer.state.get(filled)?.read()).toStrictEqual({ step: 0, eta: 0.5, mu: 1 });
  });

  test('passes the tensor lr on as it is', () => {
    const recorder = new Recorder('device', { scheduled: true });
    const lr = recorder.backend.tensor([0.25]);
    new ASGD([withGradient(recorder)], { lr }).step();
    expect(recorder.deviceCalls).toMatchObject([{ scalars: { lr: Float32Array.of(0.25) } }]);
  });

  test('takes the number from a tensor lr that the host can read, at each step and replay', () => {
    const recorder = new Recorder('device', { scheduled: true });
    const host = new Recorder('host', { hostVisible: true });
    const lr = host.backend.tensor(Float64Array.of(0.1));
    const optimizer = new ASGD([withGradient(recorder)], { lr, capturable: true });
    optimizer.step();
    const captured = optimizer.capture();
    lr.write([0.2]);
    captured.replay();
    for (const group of optimizer.paramGroups) group.capturable = false; // the counters stay on the device
    lr.write([0.3]);
    optimizer.step();
    expect(recorder.deviceCalls.map(({ scalars }) => scalars.lr)).toStrictEqual([0.1, 0.2, 0.3]);
  });

  test('takes over counters that the host had, beyond what float32 counts', async () => {
    const recorder = new Recorder('device', { scheduled: true });
    const parameter = withGradient(recorder);
    const optimizer = new ASGD([parameter]);
    optimizer.step();
    const dict = await optimizer.stateDict();
    const [saved] = Object.values(dict.state);
    const step = 2 ** 52 + 2 ** 30 + 12345;
    optimizer.loadStateDict({ ...dict, state: { 0: { ...saved, step, eta: 0.125, mu: 0.5 } as never } });
    for (const group of optimizer.paramGroups) group.capturable = true;
    optimizer.step();
    expect(recorder.deviceCalls[0]?.scalars.counters).toStrictEqual(
      Float32Array.of(12345, 256, 256, 0.125, 0.5),
    );
    const state = optimizer.state.get(parameter);
    expect(() => state?.step).toThrow(UnsupportedError);
    expect(await state?.read()).toStrictEqual({ step, eta: 0.125, mu: 0.5 });
    expect((await optimizer.stateDict()).state[0]).toMatchObject({ step, eta: 0.125, mu: 0.5 });
  });

  test('has separate counters for parameters that missed a step', async () => {
    const recorder = new Recorder('device', { scheduled: true });
    const [busy, idle] = [withGradient(recorder), withGradient(recorder, 2)];
    const optimizer = new ASGD([busy, idle], { capturable: true });
    optimizer.step();
    const live = recorder.live.size;
    idle.grad = null;
    recorder.room = 4; // counters take five
    expect(() => optimizer.step()).toThrow(OutOfMemoryError);
    expect(recorder.live.size).toBe(live);
    recorder.room = Infinity;
    optimizer.step();
    expect(recorder.deviceCalls.map(({ batch }) => batch.items.map(({ length }) => length))).toStrictEqual([
      [1, 2],
      [1],
    ]);
    expect(recorder.live.size).toBe(live + 1);
    optimizer.dispose();
    expect(recorder.live.size).toBe(4);
  });

  test('keeps its counters when foreach splits it', () => {
    const recorder = new Recorder('device', { scheduled: true });
    const optimizer = new ASGD([withGradient(recorder), withGradient(recorder)], { capturable: true });
    for (const foreach of [true, false, true]) {
      for (const group of optimizer.paramGroups) group.foreach = foreach;
      optimizer.step();
    }
    expect(recorder.deviceCalls.map(({ batch }) => batch.items.length)).toStrictEqual([2, 1, 1, 1, 1]);
  });

  test('stays there when the group is no longer capturable', () => {
    const recorder = new Recorder('device', { scheduled: true });
    const optimizer = new ASGD([withGradient(recorder)], { capturable: true });
    optimizer.step();
    for (const group of optimizer.paramGroups) group.capturable = false;
    optimizer.step();
    expect(recorder.deviceCalls).toHaveLength(2);
  });

  test('frees its storage with the optimizer, and when a launch fails', () => {
    const recorder = new Recorder('device', { scheduled: true });
    const optimizer = new ASGD([withGradient(recorder)], { capturable: true });
    recorder.failure = new Error('broken');
    expect(() => optimizer.step()).toThrow('broken');
    expect(recorder.live.size).toBe(2);
    recorder.failure = undefined;
    optimizer.step();
    expect(recorder.live.size).toBe(4);
    optimizer.dispose();
    expect(recorder.live.size).toBe(2);
  });

  test('is refused by a backend without schedules, with differentiable, and with an lr on another device', () => {
    const [plain, device, other] = [
      new Recorder('plain'),
      new Recorder('device', { scheduled: true }),
      new Recorder('other', { scheduled: true }),
    ];
    const step = (recorder: Recorder, options: object): void =>
      new ASGD([withGradient(recorder)], options).step();
    expect(() => step(plain, { capturable: true })).toThrow(UnsupportedError);
    expect(() => step(device, { capturable: true, differentiable: true })).toThrow(OptionError);
    expect(() => step(device, { lr: other.backend.tensor([1]) })).toThrow(BackendError);
    expect(
      [plain, device, other].flatMap(({ calls, deviceCalls }) => [...calls, ...deviceCalls]),
    ).toStrictEqual([]);
  });

  test('stays on the host where the host sees the memory', () => {
    const recorder = new Recorder('host', { hostVisible: true });
    const lr = recorder.backend.tensor([0.25]);
    const optimizer = new ASGD([withGradient(recorder)], { lr, capturable: true, lambd: 0 });
    optimizer.step();
    lr.write([0.5]);
    optimizer.step();
    optimizer.step();
    expect(recorder.calls.map(({ scalars }) => scalars.eta)).toStrictEqual([0.25, 0.25, 0.5]); // one step late
    lr.write([-1]);
    expect(() => optimizer.step()).toThrow(OptionError);
    expect(recorder.calls).toHaveLength(3);
  });
});

describe('a captured step', () => {
  test('is taken by replay alone, with the gradients and options of its capture', () => {
    const recorder = new Recorder('host', { hostVisible: true });
    const [early, late] = [withGradient(recorder), recorder.backend.parameter([1])];
    const optimizer = new ASGD([early, late], { capturable: true, lr: 0.5, lambd: 0 });
    const captured = optimizer.capture();
    expect(recorder.calls).toStrictEqual([]);
    late.grad = recorder.backend.tensor([1]);
    for (const group of optimizer.paramGroups) group.lr = 9;
    captured.replay();
    captured.replay();
    expect(recorder.calls.map(({ items, scalars }) => [items.length, scalars.eta])).toStrictEqual([
      [1, 0.5],
      [1, 0.5],
    ]);
    expect(optimizer.state.get(early)?.step).toBe(2);
  });

  test('needs every group with a gradient to be capturable, and names one that is not', () => {
    const recorder = new Recorder();
    const optimizer = new ASGD([
      { params: [withGradient(recorder)], capturable: true },
      { params: [recorder.backend.parameter([1])] },
      { params: [withGradient(recorder)] },
    ]);
    expect(() => optimizer.capture()).toThrow(OptionError);
    expect(() => optimizer.capture()).toThrow(/group 2 is not capturable/);
  });
});
