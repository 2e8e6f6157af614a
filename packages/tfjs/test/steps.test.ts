import { ASGD, type Options } from '@asgd/core';
import { cpu } from '@asgd/cpu';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { asgd, AsgdOptimizer } from '../src/index.ts';
import { paths } from './backends.ts';
import { bits, fixture, noise } from './fixture.ts';

describe.each(paths)('on TensorFlow.js %s', (name, path) => {
  const { apply, averageOf, keep, open, variable } = fixture(name);

  test('says how it reaches the tensors', async () => {
    const optimizer = await open({});
    expect(optimizer.path).toBe(path);
    expect(optimizer.pathReason === undefined).toBe(path === 'shared');
  });

  const settings: readonly Partial<Options & { t0: number; lr: number }>[] = [
    { lr: 0.1, lambd: 0, t0: -1 },
    { lr: 0.05, t0: 3 },
    { lr: 0.3, lambd: 0.2, alpha: 0.5, t0: 2.5, weightDecay: 0.01, maximize: true },
    { t0: 1e6 },
    { lr: 0.1, t0: 1, foreach: false },
  ];
  test.each(settings)('gives the bits of core’s optimizer: %o', async (options) => {
    const shapes = [[5], [2, 3], [], [1027], [0]];
    const initial = shapes.map((shape, at) => noise(tf.util.sizeFromShape(shape), at));
    const backend = await cpu();
    const params = initial.map((values) => backend.parameter(values));
    const expected = new ASGD(params, options);
    const optimizer = await open(options);
    const ours = initial.map((values, at) => variable(values, shapes[at]));
    for (let step = 0; step < 9; step++) {
      const gradients = initial.map(({ length }, at) => noise(length, 100 * step + at));
      // The second misses some steps, the third joins late.
      const isPresent = (at: number): boolean => !(at === 1 && step % 3 === 1) && !(at === 2 && step < 4);
      params.forEach((parameter, at) => {
        parameter.grad = isPresent(at) ? backend.tensor(gradients[at] as Float32Array) : null;
      });
      expected.step();
      apply(
        optimizer,
        Object.fromEntries(
          ours.flatMap((one, at) => (isPresent(at) ? [[one.name, gradients[at] as Float32Array]] : [])),
        ),
      );
      for (const [at, parameter] of params.entries()) {
        const one = ours[at] as tf.Variable;
        expect(bits(one.dataSync())).toBe(bits(await parameter.read()));
        expect(bits(averageOf(optimizer, one))).toBe(bits(await expected.averageOf(parameter).read()));
      }
    }
    expect(optimizer.iterations).toBe(9);
    await backend.close();
  });

  test('has core’s defaults', async () => {
    const backend = await cpu();
    const { defaults } = new ASGD([backend.parameter([1])]);
    const { lr, lambd, alpha, t0, weightDecay, maximize } = defaults;
    expect((await open({})).options).toStrictEqual({ lr, lambd, alpha, t0, weightDecay, maximize });
    await backend.close();
  });

  test('minimizes, and leaks nothing over 10 000 steps', async () => {
    const weight = variable([5, -3]);
    const still = variable([7], [1], false);
    const optimizer = await open({ lr: 0.01, lambd: 0, t0: 10 });
    const minimize = (): void => {
      optimizer.minimize(() => tf.tidy(() => tf.add(tf.sum(tf.square(weight)), tf.sum(still))));
    };
    for (let step = 0; step < 20; step++) minimize();
    const start = tf.memory();
    for (let step = 0; step < 10_000; step++) minimize();
    const { numTensors, numDataBuffers, numBytes } = tf.memory();
    expect({ numTensors, numDataBuffers, numBytes }).toStrictEqual({
      numTensors: start.numTensors,
      numDataBuffers: start.numDataBuffers,
      numBytes: start.numBytes,
    });
    expect(Math.max(...weight.dataSync().map(Math.abs))).toBeLessThan(1e-6);
    expect(still.dataSync()[0]).toBe(7);
    const cost = optimizer.minimize(() => tf.sum(weight), true, [weight]);
    expect(cost?.shape).toStrictEqual([]);
    cost?.dispose();
  });

  test('respects the scopes of tidy', async () => {
    const weight = variable([1]);
    const optimizer = await open({ lr: 1, lambd: 0, t0: -1 });
    for (let step = 0; step < 4; step++) {
      tf.tidy(() => void optimizer.minimize(() => tf.sum(weight)));
    }
    expect([...weight.dataSync()]).toStrictEqual([-3]);
    expect([...averageOf(optimizer, weight)]).toStrictEqual([-1.5]);
  });

  test('takes a record, a list, and null gradients', async () => {
    const [a, b] = [variable([1]), variable([1])];
    const optimizer = await open({ lr: 1, lambd: 0 });
    const one = tf.tensor1d([1]);
    optimizer.applyGradients({ [a.name]: one });
    optimizer.applyGradients([
      { name: a.name, tensor: one },
      { name: b.name, tensor: null as never },
    ]);
    optimizer.applyGradients([{ name: b.name, tensor: undefined as never }]);
    expect([a.dataSync()[0], b.dataSync()[0]]).toStrictEqual([-1, 1]);
    expect([...one.dataSync()]).toStrictEqual([1]);
    one.dispose();
  });

  describe('sees what happens to variables between steps', () => {
    test('assign() gives a variable other memory', async () => {
      const weight = variable([1, 2]);
      const optimizer = await open({ lr: 1, lambd: 0, t0: -1 });
      apply(optimizer, { [weight.name]: [1, 1] });
      tf.tidy(() => weight.assign(tf.tensor1d([10, 20])));
      tf.tidy(() => void tf.zeros([64])); // may take the memory that was freed
      apply(optimizer, { [weight.name]: [1, 1] });
      expect([...weight.dataSync()]).toStrictEqual([9, 19]);
      expect([...averageOf(optimizer, weight)]).toStrictEqual([4.5, 10]);
    });

    test('TensorFlow.js’s memory grows', async () => {
      const weight = variable([1, 2]);
      const optimizer = await open({ lr: 1, lambd: 0, t0: -1 });
      apply(optimizer, { [weight.name]: [1, 1] });
      const large = tf.ones([5 * 2 ** 20]);
      apply(optimizer, { [weight.name]: [1, 1] });
      const larger = variable(new Float32Array(5 * 2 ** 20));
      apply(optimizer, { [weight.name]: [1, 1], [larger.name]: large.dataSync() });
      expect([...weight.dataSync()]).toStrictEqual([-2, -1]);
      expect([...averageOf(optimizer, weight)]).toStrictEqual([-1, 0]);
      expect(larger.dataSync().at(-1)).toBe(-1);
      large.dispose();
    });

    test('gradients of other sizes come to where earlier ones were', async () => {
      const weights = [2, 8, 3, 1].map((size) => variable(new Float32Array(size)));
      const optimizer = await open({ lr: 1, lambd: 0, t0: -1 });
      for (let step = 0; step < 20; step += 1) {
        for (const weight of weights) {
          const { size } = weight;
          const gradient = Float32Array.from({ length: size }, (_, at) => (at === size - 1 ? -1 : 0));
          apply(optimizer, { [weight.name]: gradient });
        }
      }
      const expected = (size: number): number[] => [...Array<number>(size - 1).fill(0), 20];
      for (const weight of weights) expect([...weight.dataSync()]).toStrictEqual(expected(weight.size));
    });

    test('clones and initial tensors keep their values', async () => {
      const array = Float32Array.of(1, 2);
      const initial = tf.tensor1d(array);
      const [weight, twin] = [tf.variable(initial), tf.variable(initial)];
      for (const one of [weight, twin]) keep(one);
      const optimizer = await open({ lr: 1, lambd: 0, t0: -1 });
      apply(optimizer, { [weight.name]: [1, 1], [twin.name]: [2, 2] });
      const clone = weight.clone();
      const average = optimizer.averageOf(weight);
      apply(optimizer, { [weight.name]: [1, 1], [twin.name]: [2, 2] });
      apply(optimizer, { [weight.name]: [1, 1] });
      expect([...array]).toStrictEqual([1, 2]);
      expect([...initial.dataSync()]).toStrictEqual([1, 2]);
      expect([...clone.dataSync()]).toStrictEqual([0, 1]);
      expect([...average.dataSync()]).toStrictEqual([0, 1]);
      expect([...weight.dataSync()]).toStrictEqual([-2, -1]);
      expect([...twin.dataSync()]).toStrictEqual([-3, -2]);
      tf.dispose([initial, clone, average]);
    });

    test('a variable may get the values of another one', async () => {
      const [a, b] = [variable([1]), variable([2])];
      const optimizer = await open({ lr: 1, lambd: 0 });
      apply(optimizer, { [a.name]: [1], [b.name]: [1] });
      b.assign(a);
      apply(optimizer, { [a.name]: [1], [b.name]: [2] });
      expect([a.dataSync()[0], b.dataSync()[0]]).toStrictEqual([-1, -2]);
    });

    test('a gradient may be a variable of the same step, or a clone of one', async () => {
      const [a, b] = [variable([4]), variable([2])];
      const optimizer = await open({ lr: 1, lambd: 0 });
      optimizer.applyGradients([b, a].map(({ name: of }) => ({ name: of, tensor: b })));
      expect([a.dataSync()[0], b.dataSync()[0]]).toStrictEqual([2, 0]);
      const clone = a.clone();
      optimizer.applyGradients({ [a.name]: clone, [b.name]: clone });
      expect([a.dataSync()[0], b.dataSync()[0]]).toStrictEqual([0, -2]);
      clone.dispose();
    });

    test('a variable that was disposed of takes its average along', async () => {
      const [a, b] = [variable([4]), variable([2])];
      const optimizer = await open({ lr: 1, lambd: 0, t0: -1 });
      for (let step = 0; step < 3; step++) apply(optimizer, { [a.name]: [1], [b.name]: [1] });
      const { numTensors } = tf.memory();
      a.dispose();
      apply(optimizer, { [b.name]: [1] });
      expect(tf.memory().numTensors).toBe(numTensors - 2);
      expect(b.dataSync()[0]).toBe(-2);
    });

    test('a variable that is made later starts from lr', async () => {
      const a = variable([0]);
      const optimizer = await open({ lr: 1, lambd: 1, alpha: 1 });
      apply(optimizer, { [a.name]: [-1] });
      const b = variable([0]);
      apply(optimizer, { [a.name]: [-1], [b.name]: [-1] });
      expect([a.dataSync()[0], b.dataSync()[0]]).toStrictEqual([1, 1]);
    });
  });

  describe('averages', () => {
    test('are swapped without a copy, and every bit comes back', async () => {
      const weight = variable(noise(7, 1));
      const optimizer = await open({ lr: 0.1, t0: -1 });
      for (let step = 0; step < 5; step++) apply(optimizer, { [weight.name]: noise(7, step) });
      const [values, average] = [bits(weight.dataSync()), bits(averageOf(optimizer, weight))];
      optimizer.swapAverages();
      expect(optimizer.swapped).toBe(true);
      expect(bits(weight.dataSync())).toBe(average);
      expect(bits(averageOf(optimizer, weight))).toBe(average);
      expect(() => apply(optimizer, { [weight.name]: noise(7, 0) })).toThrow(/call swapAverages/);
      await expect(optimizer.setWeights([])).rejects.toThrow(/call swapAverages/);
      expect(() => optimizer.withAverages(() => {})).toThrow(/call swapAverages/);
      optimizer.swapAverages();
      expect(bits(weight.dataSync())).toBe(values);
      expect(bits(averageOf(optimizer, weight))).toBe(average);
    });

    test('are there while a function runs, whatever it does', async () => {
      const weight = variable([0]);
      const optimizer = await open({ lr: 1, lambd: 0, t0: -1 });
      for (let step = 0; step < 3; step++) apply(optimizer, { [weight.name]: [-1] });
      expect(optimizer.withAverages(() => weight.dataSync()[0])).toBe(2);
      expect(() => optimizer.withAverages(() => expect.fail('thrown'))).toThrow('thrown');
      expect(await optimizer.withAverages(async () => weight.dataSync()[0])).toBe(2);
      await expect(optimizer.withAverages(() => Promise.reject(new Error('rejected')))).rejects.toThrow(
        'rejected',
      );
      expect(() => optimizer.withAverages(3 as never)).toThrow(/expected a function/);
      expect(weight.dataSync()[0]).toBe(3);
    });

    test('take no memory before they are needed', async () => {
      const weight = variable([0]);
      const optimizer = await open({ lr: 1, lambd: 0, t0: 1 });
      const { numTensors } = tf.memory();
      const counts = [0, 1, 2, 3].map(() => {
        apply(optimizer, { [weight.name]: [-1] });
        return tf.memory().numTensors - numTensors;
      });
      expect(counts).toStrictEqual([0, 0, 1, 1]);
    });

    test('begin by themselves with t0: auto', async () => {
      const weight = variable([0]);
      const optimizer = await open({ lr: 1, lambd: 0, t0: 'auto' });
      const began = [9, 8, 7, 1, 2, 2, 2, 2, 2, 2].map((loss) => {
        apply(optimizer, { [weight.name]: [-1] });
        return optimizer.observe(loss);
      });
      expect(began.indexOf(true)).toBe(9);
      expect([...averageOf(optimizer, weight)]).toStrictEqual([10]);
      for (let step = 0; step < 4; step++) apply(optimizer, { [weight.name]: [-1] });
      expect([...averageOf(optimizer, weight)]).toStrictEqual([13]);
      expect([...weight.dataSync()]).toStrictEqual([14]);
      expect(() => new AsgdOptimizer({ t0: 3 }).observe(1)).toThrow(/it is for t0: 'auto'/);
    });
  });

  describe('is refused, and changes nothing', () => {
    test.each<readonly [string, (w: tf.Variable) => unknown, RegExp]>([
      ['nothing', () => undefined, /was given undefined: expected/],
      [
        'a name that no variable has',
        () => [{ name: 'nobody', tensor: tf.scalar(1) }],
        /no variable of that name/,
      ],
      [
        'two gradients',
        (w) => [1, 2].map(() => ({ name: w.name, tensor: tf.tensor1d([1, 2]) })),
        /two gradients for/,
      ],
      ['another shape', (w) => ({ [w.name]: tf.tensor1d([1]) }), /has the shape \[1\]: expected \[2\]/],
      ['another dtype', (w) => ({ [w.name]: tf.tensor1d([1, 2], 'int32') }), /is int32: expected float32/],
      ['an array', (w) => ({ [w.name]: [1, 2] }), /expected a tf.Tensor, or null/],
    ])('%s', async (_what, give, message) => {
      const weight = variable([1, 2]);
      const optimizer = await open({ lr: 1, lambd: 0 });
      tf.tidy(() => {
        expect(() => optimizer.applyGradients(give(weight) as never)).toThrow(message);
      });
      expect([...weight.dataSync()]).toStrictEqual([1, 2]);
      expect(optimizer.iterations).toBe(0);
    });

    test('a gradient that was disposed of, and a variable that is not float32', async () => {
      const weight = variable([1, 2]);
      const whole = tf.tidy(() => tf.variable(tf.tensor1d([1, 2], 'int32')));
      keep(whole);
      const optimizer = await open({ lr: 1, lambd: 0 });
      const gradient = tf.tensor1d([1, 2]);
      expect(() => optimizer.applyGradients({ [whole.name]: gradient })).toThrow(
        /is int32, and asgd trains float32/,
      );
      gradient.dispose();
      expect(() => optimizer.applyGradients({ [weight.name]: gradient })).toThrow(/was disposed of/);
    });

    test('an option that breaks its rule, at once or at the next step', async () => {
      for (const options of [
        { lr: -1 },
        { lr: '1' },
        { t0: 'late' },
        { momentum: 0.9 },
        { differentiable: true },
      ]) {
        await expect(asgd(options as never)).rejects.toThrow(/option|unknown|differentiable/i);
      }
      const weight = variable([1, 2]);
      const optimizer = await open({ lr: 1, lambd: 0 });
      optimizer.learningRate = NaN;
      expect(() => apply(optimizer, { [weight.name]: [1, 1] })).toThrow(/lr/);
      expect([...weight.dataSync()]).toStrictEqual([1, 2]);
    });

    test('anything after dispose()', async () => {
      const weight = variable([1]);
      const optimizer = await open({ lr: 1, lambd: 0, t0: -1 });
      for (let step = 0; step < 3; step++) apply(optimizer, { [weight.name]: [1] });
      optimizer.dispose();
      optimizer.dispose();
      expect(() => optimizer.averageOf(weight)).toThrow(/after dispose/);
      expect(() => optimizer.applyGradients({})).toThrow(/after dispose/);
      await expect(optimizer.getWeights()).rejects.toThrow(/after dispose/);
    });
  });
});
