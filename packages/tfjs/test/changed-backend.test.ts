import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { asgd, AsgdOptimizer } from '../src/index.ts';
import { use } from './backends.ts';

test('a change of TensorFlow.js’s backend needs ready(), and moves everything', async () => {
  await use('cpu');
  const weight = tf.tidy(() => tf.variable(tf.tensor1d([0])));
  const optimizer = await asgd({ lr: 1, lambd: 0, t0: -1 });
  const step = (): void => void optimizer.minimize(() => tf.mul(tf.sum(weight), -1));
  step();
  step();
  for (const name of ['wasm', 'opaque', 'cpu'] as const) {
    await use(name);
    await optimizer.ready();
    step();
    step();
  }
  expect(weight.dataSync()[0]).toBe(8);
  expect(optimizer.averageOf(weight).dataSync()[0]).toBe(4.5);
  optimizer.dispose();
  tf.disposeVariables();
});

test('what is somewhere else in memory after a change there and back is found', async () => {
  await use('wasm');
  const values = new Float32Array(1000).fill(1);
  const weight = tf.tidy(() => tf.variable(tf.tensor1d(values)));
  const optimizer = await asgd({ lr: 1, lambd: 0, t0: -1 });
  const step = (): void => void optimizer.minimize(() => tf.sum(weight));
  for (let at = 0; at < 3; at++) step();
  await use('cpu');
  const average = optimizer.averageOf(weight);
  // What computes with them moves them.
  const moved = [weight, average].map((tensor) => tf.tidy(() => tf.neg(tensor).dataSync()[999]));
  expect(moved).toStrictEqual([2, 1]);
  average.dispose();
  await use('wasm');
  const others = Array.from({ length: 4 }, () => tf.tensor1d(values)); // where the variables were
  step();
  expect(new Set(others.flatMap((other) => [...other.dataSync()]))).toStrictEqual(new Set([1]));
  expect(weight.dataSync()[999]).toBe(-3);
  tf.dispose(others);
  expect(optimizer.averageOf(weight).dataSync()[999]).toBe(-1.5);
  optimizer.dispose();
  tf.disposeVariables();
});

test('a backend that was not opened is an error that says what to do', async () => {
  tf.registerBackend('late', () => tf.findBackendFactory('opaque')());
  tf.copyRegisteredKernels('cpu', 'late');
  await tf.setBackend('late');
  const weight = tf.tidy(() => tf.variable(tf.tensor1d([0])));
  const optimizer = new AsgdOptimizer();
  const gradient = tf.tensor1d([1]);
  expect(() => optimizer.applyGradients({ [weight.name]: gradient })).toThrow(
    /call await optimizer.ready\(\)/,
  );
  await optimizer.ready();
  optimizer.applyGradients({ [weight.name]: gradient });
  expect(weight.dataSync()[0]).toBeCloseTo(-0.01);
  tf.dispose(gradient);
  tf.disposeVariables();
});
