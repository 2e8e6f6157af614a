import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { asgd, type AsgdOptimizer } from '../../src/index.ts';
import { use } from '../backends.ts';

// What is particular to TensorFlow.js's webgpu backend. A browser without a screen cannot read its tensors at once, so
// these tests wait for them.

const options = { lr: 1, lambd: 0, t0: -1 };
let device: GPUDevice;

beforeEach(async () => {
  await use('webgpu');
  ({ device } = tf.backend() as unknown as { device: GPUDevice });
});
afterEach(() => {
  vi.restoreAllMocks();
  tf.disposeVariables();
});

const variable = (values: readonly number[]): tf.Variable =>
  tf.tidy(() => tf.variable(tf.tensor1d([...values])));
const read = async (tensor: tf.Tensor): Promise<number[]> => [...(await tensor.data())];
const readAverage = async (optimizer: AsgdOptimizer, of: tf.Variable): Promise<number[]> => {
  const average = optimizer.averageOf(of);
  const values = await read(average);
  average.dispose();
  return values;
};
const step = (optimizer: AsgdOptimizer, of: tf.Variable, gradient: readonly number[]): void =>
  tf.tidy(() => optimizer.applyGradients({ [of.name]: tf.tensor1d([...gradient]) }));

test('backward and step are one submission', async () => {
  const weight = variable([1, 2]);
  const optimizer = await asgd(options);
  expect(optimizer.path).toBe('shared');
  const minimize = (): void => void optimizer.minimize(() => tf.sum(tf.square(weight)));
  minimize();
  expect(await read(weight)).toStrictEqual([-1, -2]);
  const submit = vi.spyOn(device.queue, 'submit');
  minimize();
  expect(submit).not.toHaveBeenCalled();
  expect(await read(weight)).toStrictEqual([1, 2]);
  expect(submit).toHaveBeenCalledOnce();
  optimizer.dispose();
});

test('nothing is read from the GPU, and nothing leaks over 1000 steps', async () => {
  const weight = variable([5, -3]);
  const optimizer = await asgd({ lr: 0.01, lambd: 0, t0: 10 });
  const map = vi.spyOn(GPUBuffer.prototype, 'mapAsync');
  const minimize = (): void => void optimizer.minimize(() => tf.sum(tf.square(weight)));
  for (let at = 0; at < 100; at++) minimize();
  const { numTensors, numBytes } = tf.memory();
  const allocated = (): number =>
    (tf.memory() as unknown as { numBytesAllocatedInGPU: number }).numBytesAllocatedInGPU;
  const before = allocated();
  for (let at = 0; at < 1000; at++) minimize();
  expect(tf.memory()).toMatchObject({ numTensors, numBytes });
  expect(allocated()).toBeLessThan(2 * before); // not the same: buffers wait for the submission
  expect(map).not.toHaveBeenCalled();
  expect(Math.max(...(await read(weight)).map(Math.abs))).toBeLessThan(1e-6);
  optimizer.dispose();
});

test('what was read of a variable is not shown after a step, nor what is being read', async () => {
  const weight = variable([1, 2]);
  const optimizer = await asgd(options);
  step(optimizer, weight, [1, 1]);
  expect(await read(weight)).toStrictEqual([0, 1]);
  step(optimizer, weight, [1, 1]);
  const reading = read(weight);
  step(optimizer, weight, [1, 1]);
  expect(await reading).toStrictEqual([-1, 0]);
  expect(await read(weight)).toStrictEqual([-2, -1]);
  optimizer.dispose();
});

test('clones, initial tensors and averages that were given keep their values', async () => {
  const initial = tf.tensor1d([1, 2]);
  const [weight, twin] = [tf.variable(initial), tf.variable(initial)];
  const optimizer = await asgd(options);
  const both = (): void => {
    step(optimizer, weight, [1, 1]);
    step(optimizer, twin, [2, 2]);
  };
  both();
  const clone = weight.clone();
  const average = optimizer.averageOf(weight);
  both();
  step(optimizer, weight, [1, 1]);
  const found = await Promise.all([initial, clone, average, weight, twin].map(read));
  expect(found).toStrictEqual([
    [1, 2],
    [0, 1],
    [0, 1],
    [-2, -1],
    [-3, -2],
  ]);
  tf.dispose([initial, clone, average]);
  optimizer.dispose();
});

test('assign() gives a variable another buffer, and a buffer of the caller is not written', async () => {
  const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
  const buffer = device.createBuffer({ size: 8, usage });
  device.queue.writeBuffer(buffer, 0, Float32Array.of(10, 20));
  const weight = variable([1, 2]);
  const optimizer = await asgd(options);
  step(optimizer, weight, [1, 1]);
  const theirs = tf.tensor({ buffer, zeroCopy: true }, [2], 'float32');
  weight.assign(theirs);
  theirs.dispose();
  step(optimizer, weight, [1, 1]);
  expect(await read(weight)).toStrictEqual([9, 19]);
  expect(await readAverage(optimizer, weight)).toStrictEqual([4.5, 10]);
  const again = tf.tensor({ buffer, zeroCopy: true }, [2], 'float32');
  expect(await read(again)).toStrictEqual([10, 20]);
  again.dispose();
  optimizer.dispose();
  buffer.destroy();
});

test('averages are swapped, and every bit comes back', async () => {
  const weight = variable([0.1, -0.2, 0]);
  const optimizer = await asgd({ lr: 0.1, t0: -1 });
  for (let at = 0; at < 5; at++) step(optimizer, weight, [at, 0.3, -0.7]);
  const [values, average] = [await read(weight), await readAverage(optimizer, weight)];
  expect(average).not.toStrictEqual(values);
  await optimizer.withAverages(async () => expect(await read(weight)).toStrictEqual(average));
  expect(await read(weight)).toStrictEqual(values);
  step(optimizer, weight, [1, 1, 1]);
  expect(await read(weight)).not.toStrictEqual(values);
  optimizer.dispose();
});

test('a step that fails records nothing', async () => {
  const weight = variable([1, 2]);
  const optimizer = await asgd(options);
  step(optimizer, weight, [1, 1]);
  optimizer.learningRate = NaN;
  expect(() => step(optimizer, weight, [1, 1])).toThrow(/lr/);
  optimizer.learningRate = 1;
  expect(await read(weight)).toStrictEqual([0, 1]);
  step(optimizer, weight, [1, 1]);
  expect(await read(weight)).toStrictEqual([-1, 0]);
  optimizer.dispose();
});

test('a gradient may be of two variables, or a variable of the same step', async () => {
  const [a, b] = [variable([4]), variable([2])];
  const optimizer = await asgd({ lr: 1, lambd: 0 });
  optimizer.applyGradients([b, a].map(({ name }) => ({ name, tensor: b })));
  expect([await read(a), await read(b)]).toStrictEqual([[2], [0]]);
  const gradient = tf.tensor1d([1]);
  const clone = gradient.clone();
  optimizer.applyGradients({ [a.name]: gradient, [b.name]: clone });
  expect([await read(a), await read(b), await read(gradient)]).toStrictEqual([[1], [-1], [1]]);
  tf.dispose([gradient, clone]);
  optimizer.dispose();
});
