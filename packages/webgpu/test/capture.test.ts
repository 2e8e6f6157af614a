import { ASGD } from '@asgd/core';
import { webgpu, type WebGPUBackend } from '@asgd/webgpu';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Quadratic } from './backward.ts';
import { contentOf } from './buffers.ts';
import { observed } from './disguise.ts';

let backend: WebGPUBackend;
let device: GPUDevice;
beforeAll(async () => {
  backend = await webgpu();
  ({ device } = backend);
});
afterAll(() => backend.close());

const start = [4, -1, 0.5, 100, 3];
const target = [1, 2, 3, 4, 5];
// Powers of two, so that the device's schedule has the same bits as the host's.
const options = { lr: 0.25, lambd: 0, t0: 1 };

/** The result of `steps` steps, each with its own submission, and with the schedule on the host. */
async function trainFromHost(rates: readonly number[]): Promise<number[][]> {
  const problem = new Quadratic(device, start, target);
  const weight = backend.wrap({ buffer: problem.weights });
  weight.grad = backend.wrap({ buffer: problem.gradients });
  const optimizer = new ASGD([weight], options);
  for (const lr of rates) {
    for (const group of optimizer.paramGroups) group.lr = lr;
    const encoder = device.createCommandEncoder();
    problem.backward(encoder);
    backend.encodeStep(encoder, optimizer);
    device.queue.submit([encoder.finish()]);
  }
  return [await contentOf(device, problem.weights), [...(await optimizer.averageOf(weight).read())]];
}

test('a captured step is replayed many times in one submission, each after a backward pass', async () => {
  const problem = new Quadratic(device, start, target);
  const weight = backend.wrap({ buffer: problem.weights });
  weight.grad = backend.wrap({ buffer: problem.gradients });
  const optimizer = new ASGD([weight], { ...options, capturable: true });
  const captured = optimizer.capture();
  const encoder = device.createCommandEncoder();
  for (let step = 0; step < 9; step++) {
    problem.backward(encoder);
    backend.encodeStep(encoder, captured);
  }
  expect(await contentOf(device, problem.weights)).toStrictEqual(start);
  device.queue.submit([encoder.finish()]);
  const [weights, average] = await trainFromHost(Array.from({ length: 9 }, () => 0.25));
  expect(await contentOf(device, problem.weights)).toStrictEqual(weights);
  expect([...(await optimizer.averageOf(weight).read())]).toStrictEqual(average);
  expect(await optimizer.state.get(weight)?.read()).toMatchObject({ step: 9, eta: 0.25, mu: 0.125 });
});

test('a learning rate in a tensor is read by each replay as it is by then', async () => {
  const problem = new Quadratic(device, start, target);
  const weight = backend.wrap({ buffer: problem.weights });
  weight.grad = backend.wrap({ buffer: problem.gradients });
  const lr = backend.tensor(0.25);
  const optimizer = new ASGD([weight], { ...options, lr, capturable: true });
  const captured = optimizer.capture();
  const rates = [0.25, 0.5, 0.125, 0.0625, 1];
  for (const rate of rates) {
    lr.write([rate]);
    const encoder = device.createCommandEncoder();
    problem.backward(encoder);
    backend.encodeStep(encoder, captured);
    device.queue.submit([encoder.finish()]);
  }
  const [weights, average] = await trainFromHost(rates);
  expect(await contentOf(device, problem.weights)).toStrictEqual(weights);
  expect([...(await optimizer.averageOf(weight).read())]).toStrictEqual(average);
});

test('a learning rate may be written by a shader or a copy of the caller in the same submission', async () => {
  const usage = 0x80 | 0x4 | 0x8;
  const rate = device.createBuffer({ size: 4, usage });
  const next = device.createBuffer({ size: 4, usage });
  device.queue.writeBuffer(rate, 0, Float32Array.of(1));
  device.queue.writeBuffer(next, 0, Float32Array.of(2));
  const weight = backend.parameter([0]);
  weight.grad = backend.tensor([-1]);
  const lr = backend.wrap({ buffer: rate }, { shape: [] });
  const optimizer = new ASGD([weight], { lambd: 0, lr, capturable: true });
  const captured = optimizer.capture();
  const encoder = device.createCommandEncoder();
  backend.encodeStep(encoder, captured);
  encoder.copyBufferToBuffer(next, 0, rate, 0, 4);
  backend.encodeStep(encoder, captured); // takes a step of 1, and computes the next one with lr 2
  backend.encodeStep(encoder, captured);
  device.queue.submit([encoder.finish()]);
  expect([...(await weight.read())]).toStrictEqual([1 + 1 + 2]);
});

test('step() of a capturable group may be recorded as well, and mixes with replays', async () => {
  const weight = backend.parameter([0, 0]);
  weight.grad = backend.tensor([-1, -2]);
  const optimizer = new ASGD([weight], { lr: 1, lambd: 0, t0: -1, capturable: true });
  const captured = optimizer.capture();
  const encoder = device.createCommandEncoder();
  backend.encodeStep(encoder, optimizer);
  backend.encodeStep(encoder, captured);
  device.queue.submit([encoder.finish()]);
  optimizer.step();
  captured.replay();
  expect([...(await weight.read())]).toStrictEqual([4, 8]);
  expect([...(await optimizer.averageOf(weight).read())]).toStrictEqual([2.5, 5]);
});

test('replays on the queue make nothing on the device', async () => {
  const spied = observed(device);
  const own = await webgpu({ device: spied.device });
  const weights = [3, 300, 1000].map((length) => own.parameter(new Float32Array(length)));
  for (const weight of weights) weight.grad = own.tensor(new Float32Array(weight.length).fill(-1));
  const optimizer = new ASGD(weights, { lr: 1, lambd: 0, t0: 0, capturable: true });
  const captured = optimizer.capture();
  captured.replay();
  const before = Object.values(spied.calls).flat().length;
  for (let step = 0; step < 50; step++) captured.replay();
  expect(Object.values(spied.calls).flat()).toHaveLength(before);
  const values = await Promise.all(weights.map((weight) => weight.read()));
  expect(new Set(values.flatMap((array) => [...array]))).toStrictEqual(new Set([51]));
  await own.close();
});
