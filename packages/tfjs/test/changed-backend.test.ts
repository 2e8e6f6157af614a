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
