import { ASGD, type Parameter } from '@asgd/core';
import { describe, expect, test } from 'vitest';
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

  test('that keeps nothing of a gradient once the step is over, taken or not', () => {
    const recorder = new Recorder();
    const items: object[] = [];
    const { step } = recorder.kernels;
    recorder.kernels.step = (batch) => {
      expect(batch.items[0]?.gradient).toBeInstanceOf(Float32Array);
      items.push(...batch.items);
      step(batch);
    };
    const optimizer = new ASGD([withGradient(recorder.backend.parameter([1]))]);
    optimizer.step();
    recorder.failure = new Error('a launch that fails');
    expect(() => optimizer.step()).toThrow(recorder.failure);
    expect(items).toMatchObject([{ gradient: null }, { gradient: null }]);
  });

  test('with scalars formed in float64 and rounded once to the dtype', () => {
    const { backend, calls } = new Recorder();
    const params = (['float32', 'float64'] as const).map((dtype) =>
      withGradient(backend.parameter([1], { dtype })),
    );
    new ASGD(params, { lr: 0.1, lambd: 0.3, weightDecay: 0.7, maximize: true }).step();
    const eta = Math.fround(0.1);
    expect(calls).toMatchObject([
      {
        dtype: 'float32',
        weightDecay: Math.fround(0.7),
        maximize: true,
        items: [{ decay: Math.fround(1 - 0.3 * eta), eta }],
      },
      { dtype: 'float64', weightDecay: 0.7, maximize: true, items: [{ decay: 1 - 0.3 * eta, eta }] },
    ]);
  });

  test('with the average left alone, then copied once, then blended', () => {
    const { backend, calls } = new Recorder();
    const optimizer = new ASGD([withGradient(backend.parameter([1]))], { t0: 1 });
    for (let step = 0; step < 5; step++) optimizer.step();
    const items = calls.flatMap((call) => call.items);
    expect(items.map(({ averaging, hasAverage, mu }) => [averaging, hasAverage, mu])).toStrictEqual([
      ['none', false, 1],
      ['none', false, 1],
      ['copy', true, 1],
      ['blend', true, 0.5],
      ['blend', true, Math.fround(1 / 3)],
    ]);
  });

  test('with the scalars of each parameter that has a history of its own', () => {
    const { backend, calls } = new Recorder();
    const [early, late] = [withGradient(backend.parameter([1])), backend.parameter([1])];
    const optimizer = new ASGD([early, late], { lr: 0.5, lambd: 1, alpha: 1 });
    optimizer.step();
    withGradient(late);
    optimizer.step();
    expect(calls[1]?.items.map(({ eta }) => eta)).toStrictEqual([Math.fround(0.5 / 1.5), 0.5]);
  });
});
