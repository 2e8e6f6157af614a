// How long model.fit() takes with asgd and with TensorFlow.js's own optimizers, in Node: `npm run fit-times` here.
// Arguments say how many readings to take, and of how many batches.
import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-wasm';
import { asgd } from '@asgd/tfjs';
import { packDigits } from './digits-file.ts';
import { tensorsOf } from './digits.ts';
import { plainNetwork } from './network.ts';

const optimizers: Readonly<Record<string, () => tf.Optimizer | Promise<tf.Optimizer>>> = {
  sgd: () => tf.train.sgd(0.1),
  momentum: () => tf.train.momentum(0.1, 0.9),
  adam: () => tf.train.adam(0.001),
  asgd: () => asgd({ lr: 0.1, lambd: 0, t0: 0 }),
};
const batchSize = 20;
const rounds = Number(process.argv[2] ?? 9);
const batches = Number(process.argv[3] ?? 30);

/** Fits a model with each optimizer by turns, so that what slows the machine slows all. Milliseconds a step, medians. */
async function measure(hiddenUnits: number): Promise<Record<string, string>> {
  const { images, labels } = tensorsOf(packDigits()).training;
  const [xs, ys] = [tf.slice(images, 0, batches * batchSize), tf.slice(labels, 0, batches * batchSize)];
  const contenders = [];
  for (const [name, open] of Object.entries(optimizers)) {
    const model = plainNetwork(hiddenUnits);
    model.compile({ optimizer: await open(), loss: 'categoricalCrossentropy' });
    contenders.push({ name, model, times: [] as number[] });
  }
  for (let round = -2; round < rounds; round++) {
    for (const { model, times } of contenders) {
      const begin = performance.now();
      await model.fit(xs, ys, { batchSize, yieldEvery: 'never' });
      if (round >= 0) times.push((performance.now() - begin) / batches); // the first two warm up
    }
  }
  return Object.fromEntries(contenders.map(({ name, times }) => [name, median(times).toFixed(2)]));
}

function median(times: readonly number[]): number {
  return times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? NaN;
}

tf.env().set('PROD', true);
const rows = [];
for (const backend of ['cpu', 'wasm']) {
  await tf.setBackend(backend);
  for (const hidden of [32, 512]) rows.push({ backend, hidden, ...(await measure(hidden)) });
}
console.table(rows);
