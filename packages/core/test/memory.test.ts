import { ArgumentError, ASGD, asgd, type Options, OutOfMemoryError, type Parameter } from '@asgd/core';
import { describe, expect, test } from 'vitest';
import { Recorder } from './recording.ts';

function setUp(options: Partial<Options>): { recorder: Recorder; params: Parameter[]; optimizer: ASGD } {
  const recorder = new Recorder();
  const params = [2, 3].map((length) => {
    const parameter = recorder.backend.parameter(new Float32Array(length).fill(length));
    parameter.grad = recorder.backend.tensor(new Float32Array(length));
    return parameter;
  });
  return { recorder, params, optimizer: new ASGD(params, options) };
}

const inputs = 4; // two parameters, two gradients

describe('the memory of averages', () => {
  test('is not taken before averaging starts', () => {
    const { recorder, optimizer } = setUp({});
    for (let step = 0; step < 10; step++) optimizer.step();
    expect(recorder.live.size).toBe(inputs);
  });

  test('is taken by the step before the first blending one', () => {
    const { recorder, optimizer } = setUp({ t0: 0 });
    const sizes = [0, 1, 2].map(() => {
      optimizer.step();
      return recorder.live.size - inputs;
    });
    expect(sizes).toStrictEqual([0, 2, 2]);
  });

  test('is freed when t0 is raised and the average is the parameter again', () => {
    const { recorder, optimizer } = setUp({ t0: 0 });
    for (let step = 0; step < 3; step++) optimizer.step();
    for (const group of optimizer.paramGroups) group.t0 = 100;
    optimizer.step();
    expect(recorder.live.size).toBe(inputs + 2);
    optimizer.step();
    expect(recorder.live.size).toBe(inputs);
  });

  test('is freed by dispose, and by loading a dictionary without state', async () => {
    const { recorder, optimizer, params } = setUp({ t0: -1 });
    const empty = await new ASGD(params).stateDict();
    optimizer.step();
    expect(recorder.live.size).toBe(inputs + 2);
    optimizer.loadStateDict(empty);
    expect(recorder.live.size).toBe(inputs);
    for (const group of optimizer.paramGroups) group.t0 = -1;
    optimizer.step();
    optimizer.dispose();
    optimizer.dispose();
    expect(recorder.live.size).toBe(inputs);
  });

  test('belongs to the optimizer: an average cannot be a gradient, or an argument of asgd()', () => {
    const { optimizer, params } = setUp({});
    const [parameter] = params;
    if (!parameter?.grad) throw new Error('setUp() makes parameters with gradients');
    const { grad } = parameter;
    const average = optimizer.averageOf(parameter);
    expect(() => (parameter.grad = average)).toThrow(ArgumentError);
    expect(parameter.grad).toBe(grad);
    expect(() => asgd([parameter], [grad], [average], [1], [0.1], [0])).toThrow(ArgumentError);
    expect(() => asgd([average], [grad], [parameter], [1], [0.1], [0])).toThrow(ArgumentError);
  });

  test('is not requested from a closed backend', async () => {
    const { recorder, optimizer } = setUp({ t0: -1 });
    optimizer.step();
    await recorder.backend.close();
    optimizer.dispose();
    expect(recorder.live.size).toBe(inputs + 2);
  });
});

describe('when memory runs out', () => {
  test('a step changes nothing, and succeeds once there is room', () => {
    const { recorder, optimizer, params } = setUp({ t0: -1 });
    recorder.room = 4; // for the first average, not for both
    expect(() => optimizer.step()).toThrow(OutOfMemoryError);
    expect(recorder.calls).toStrictEqual([]);
    expect(recorder.live.size).toBe(inputs);
    expect(optimizer.state.size).toBe(0);
    recorder.room = 5;
    optimizer.step();
    expect(params.map((parameter) => optimizer.state.get(parameter)?.step)).toStrictEqual([1, 1]);
  });

  test('loading a dictionary changes nothing', async () => {
    const { recorder, optimizer, params } = setUp({ t0: -1 });
    optimizer.step();
    const dict = await optimizer.stateDict();
    const other = new ASGD(params, { lr: 7 });
    recorder.room = 4;
    expect(() => other.loadStateDict(dict)).toThrow(OutOfMemoryError);
    expect(recorder.live.size).toBe(inputs + 2);
    expect(other.paramGroups[0]?.lr).toBe(7);
    expect(other.state.size).toBe(0);
  });

  test('swapping averages changes nothing', async () => {
    const { recorder, optimizer, params } = setUp({ t0: -1 });
    optimizer.step();
    params.forEach((parameter) => parameter.write(new Float32Array(parameter.length).fill(9)));
    recorder.room = 4;
    expect(() => optimizer.swapAverages()).toThrow(OutOfMemoryError);
    expect(optimizer.swapped).toBe(false);
    expect(recorder.live.size).toBe(inputs + 2);
    expect(await Promise.all(params.map((parameter) => parameter.read()))).toStrictEqual([
      Float32Array.of(9, 9),
      Float32Array.of(9, 9, 9),
    ]);
  });

  test('swapping averages shares its spare room between parameters of one size', () => {
    const recorder = new Recorder();
    const params = [1, 2, 3].map(() => recorder.backend.parameter([1, 2]));
    params.forEach((parameter) => (parameter.grad = recorder.backend.tensor([0, 0])));
    const optimizer = new ASGD(params, { t0: -1 });
    optimizer.step();
    recorder.room = 2;
    optimizer.swapAverages();
    expect(optimizer.swapped).toBe(true);
    expect(recorder.room).toBe(2);
  });
});

describe('when a launch fails', () => {
  test('nothing has changed, and new averages are freed', () => {
    const { recorder, optimizer } = setUp({ t0: -1 });
    recorder.failure = new Error('device on fire');
    expect(() => optimizer.step()).toThrow('device on fire');
    expect(recorder.live.size).toBe(inputs);
    expect(optimizer.state.size).toBe(0);
  });

  test('backends launched before it have made their update, state and all', () => {
    const [sound, broken] = [new Recorder('sound'), new Recorder('broken')];
    const params = [sound, broken].map(({ backend }) => backend.parameter([1]));
    params.forEach((parameter) => (parameter.grad = parameter.backend.tensor([1])));
    const optimizer = new ASGD(params);
    broken.failure = new Error('device on fire');
    expect(() => optimizer.step()).toThrow('device on fire');
    expect(params.map((parameter) => optimizer.state.get(parameter)?.step)).toStrictEqual([1, undefined]);
  });

  test('asgd() advances the counters of what has been launched, and of nothing else', () => {
    const [sound, broken] = [new Recorder('sound'), new Recorder('broken')];
    const tensors = (): Parameter[] => [sound, broken].map(({ backend }) => backend.parameter([1]));
    const steps = [0, 0];
    broken.failure = new Error('device on fire');
    expect(() => asgd(tensors(), tensors(), tensors(), [1, 1], [0.1, 0.1], steps)).toThrow('device on fire');
    expect(steps).toStrictEqual([1, 0]);
  });
});

describe('a tape of many steps', () => {
  const steps = 200_000; // more than a call can take arguments

  function recorded(): ASGD {
    const { backend } = new Recorder();
    const parameter = backend.parameter([1]);
    parameter.grad = backend.tensor([1]);
    const optimizer = new ASGD([parameter], { differentiable: true });
    for (let step = 0; step < steps; step++) optimizer.step();
    return optimizer;
  }

  test('is kept as a whole when differentiating fails', async () => {
    const optimizer = recorded();
    for (let attempt = 0; attempt < 2; attempt++) {
      const failing = optimizer.backward({}, (_, step) => Promise.reject(new Error(`failed at ${step}`)));
      await expect(failing).rejects.toThrow(`failed at ${steps - 1}`);
    }
  });
});
