import { ASGD, type Parameter } from '@asgd/core';
import { describe, expect, test, vi } from 'vitest';
import { Recorder } from './recording.ts';

function withGradient(parameter: Parameter): Parameter {
  const { backend, dtype, length } = parameter;
  const reals = dtype.startsWith('complex') ? 2 * length : length;
  parameter.grad = backend.tensor(new Float32Array(reals), { dtype });
  return parameter;
}

describe('a step reaches a backend', () => {
  test('as one batch for a whole group', () => {
    const { backend, calls } = new Recorder();
    const params = [1, 2, 3].map((length) => withGradient(backend.parameter(new Float32Array(length))));
    new ASGD(params).step();
    expect(calls.map(({ items }) => items.map(({ length }) => length))).toStrictEqual([[1, 2, 3]]);
  });

  test('as one batch for each dtype, complex numbers as pairs of reals', () => {
    const { backend, calls } = new Recorder();
    const dtypes = ['float32', 'float64', 'complex64', 'complex128', 'float32'] as const;
    new ASGD(dtypes.map((dtype) => withGradient(backend.parameter([1, 2], { dtype })))).step();
    expect(calls.map(({ dtype, items }) => [dtype, items.map(({ length }) => length)])).toStrictEqual([
      ['float32', [2, 2, 2]],
      ['float64', [2, 2]],
    ]);
  });

  test('as one batch for each backend of a mixed group', () => {
    const [first, second] = [new Recorder('first'), new Recorder('second')];
    const params = [first, second, first].map(({ backend }) => withGradient(backend.parameter([1])));
    new ASGD(params).step();
    expect([first, second].map(({ calls }) => calls.map(({ items }) => items.length))).toStrictEqual([
      [2],
      [1],
    ]);
  });

  test('tensor by tensor when foreach is false', () => {
    const { backend, calls } = new Recorder();
    const params = [1, 2].map((length) => withGradient(backend.parameter(new Float32Array(length))));
    new ASGD(params, { foreach: false }).step();
    expect(calls.map(({ items }) => items.length)).toStrictEqual([1, 1]);
  });

  test('without empty tensors, parameters without gradient, or an empty batch', () => {
    const { backend, calls } = new Recorder();
    const empty = withGradient(backend.parameter([]));
    const resting = backend.parameter([1]);
    const optimizer = new ASGD([empty, resting]);
    optimizer.step();
    expect(calls).toStrictEqual([]);
    expect(optimizer.state.get(empty)?.step).toBe(1);
    expect(optimizer.state.has(resting)).toBe(false);
  });

  test('with scalars formed in float64 and rounded once to the dtype', () => {
    const { backend, calls } = new Recorder();
    const params = (['float32', 'float64'] as const).map((dtype) =>
      withGradient(backend.parameter([1], { dtype })),
    );
    new ASGD(params, { lr: 0.1, lambd: 0.3, weightDecay: 0.7, maximize: true }).step();
    const eta = Math.fround(0.1);
    expect(calls.map(({ dtype, scalars }) => [dtype, scalars])).toStrictEqual([
      [
        'float32',
        {
          on: 'host',
          decay: Math.fround(1 - 0.3 * eta),
          eta,
          mu: 1,
          weightDecay: Math.fround(0.7),
          sign: -1,
        },
      ],
      ['float64', { on: 'host', decay: 1 - 0.3 * eta, eta, mu: 1, weightDecay: 0.7, sign: -1 }],
    ]);
  });

  test('with the average left alone, then copied once, then blended', () => {
    const { backend, calls } = new Recorder();
    const optimizer = new ASGD([withGradient(backend.parameter([1]))], { t0: 1 });
    for (let step = 0; step < 5; step++) optimizer.step();
    expect(
      calls.map(({ averaging, items, scalars }) => [averaging, items[0]?.hasAverage, scalars.mu]),
    ).toStrictEqual([
      ['none', false, 1],
      ['none', false, 1],
      ['copy', true, 1],
      ['blend', true, 0.5],
      ['blend', true, Math.fround(1 / 3)],
    ]);
  });

  test('in one launch for each history: one that joins late has its own from then on', () => {
    const { backend, calls } = new Recorder();
    const [early, late] = [withGradient(backend.parameter([1])), backend.parameter([1, 2])];
    const optimizer = new ASGD([early, late], { lr: 0.5, lambd: 1, alpha: 1 });
    optimizer.step();
    withGradient(late);
    optimizer.step();
    expect(calls.map(({ items, scalars }) => [items[0]?.length, scalars.eta])).toStrictEqual([
      [1, 0.5],
      [1, Math.fround(0.5 / 1.5)],
      [2, 0.5],
    ]);
  });

  test('in separate launches once some parameters have missed a step', () => {
    const { backend, calls } = new Recorder();
    const params = [1, 2, 3].map((length) => withGradient(backend.parameter(new Float32Array(length))));
    const optimizer = new ASGD(params);
    optimizer.step();
    const [, idle] = params;
    const gradient = idle?.grad ?? null;
    if (idle) idle.grad = null;
    optimizer.step();
    if (idle) idle.grad = gradient;
    optimizer.step();
    expect(calls.map(({ items }) => items.map(({ length }) => length))).toStrictEqual([
      [1, 2, 3],
      [1, 3],
      [1, 3],
      [2],
    ]);
    expect(params.map((parameter) => optimizer.state.get(parameter)?.step)).toStrictEqual([3, 2, 3]);
  });

  test('tensor by tensor once foreach is set to false, with the history they share', () => {
    const { backend, calls } = new Recorder();
    const params = [1, 2].map((length) => withGradient(backend.parameter(new Float32Array(length))));
    const optimizer = new ASGD(params, { lr: 1, lambd: 1, alpha: 1 });
    optimizer.step();
    for (const group of optimizer.paramGroups) group.foreach = false;
    optimizer.step();
    expect(calls.map(({ items, scalars }) => [items.length, scalars.eta])).toStrictEqual([
      [2, 1],
      [1, 0.5],
      [1, 0.5],
    ]);
  });
});

describe('a plan', () => {
  test('serves every step with the same tensors in the same phase', () => {
    const recorder = new Recorder();
    const prepare = vi.spyOn(recorder.kernels, 'prepare');
    const params = [1, 2].map(() => withGradient(recorder.backend.parameter([1])));
    const optimizer = new ASGD(params, { t0: 100 });
    for (let step = 0; step < 50; step++) {
      for (const group of optimizer.paramGroups) group.lr = 1 / (step + 1);
      optimizer.step();
    }
    expect(prepare).toHaveBeenCalledTimes(1);
    for (const group of optimizer.paramGroups) group.t0 = 0; // the next step copies nothing and those after it blend
    for (let step = 0; step < 50; step++) optimizer.step();
    expect(prepare).toHaveBeenCalledTimes(3);
    withGradient(params[1] as Parameter);
    optimizer.step();
    expect(prepare).toHaveBeenCalledTimes(4);
    expect(recorder.plans.size).toBe(1);
  });

  test('is released when the optimizer forgets its gradients, and when the optimizer is disposed', () => {
    const recorder = new Recorder();
    const optimizer = new ASGD([withGradient(recorder.backend.parameter([1]))]);
    optimizer.step();
    expect(recorder.plans.size).toBe(1);
    optimizer.zeroGrad();
    expect(recorder.plans.size).toBe(0);
    for (const parameter of optimizer.paramGroups.flatMap(({ params }) => params)) withGradient(parameter);
    optimizer.step();
    optimizer.dispose();
    expect(recorder.plans.size).toBe(0);
  });

  test('is released when its launch fails, or when another plan of the step cannot be made', () => {
    const [sound, broken] = [new Recorder('sound'), new Recorder('broken')];
    const params = [sound, broken].map(({ backend }) => withGradient(backend.parameter([1])));
    const optimizer = new ASGD(params, { t0: -1 });
    broken.refusal = new Error('no plan');
    expect(() => optimizer.step()).toThrow(broken.refusal);
    expect([sound, broken].map(({ plans, live }) => [plans.size, live.size])).toStrictEqual([
      [0, 2],
      [0, 2],
    ]);
    broken.refusal = undefined;
    sound.failure = new Error('no launch');
    expect(() => optimizer.step()).toThrow(sound.failure);
    expect([sound, broken].map(({ plans, live }) => [plans.size, live.size])).toStrictEqual([
      [0, 2],
      [0, 2],
    ]);
    expect(optimizer.state.size).toBe(0);
  });
});
