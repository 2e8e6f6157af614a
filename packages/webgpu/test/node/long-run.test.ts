import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { ASGD } from '@asgd/core';
import { webgpu } from '@asgd/webgpu';
import { expect, test } from 'vitest';
import { observed } from '../disguise.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** What is in use after a collection: by JavaScript's objects, and by all else in the process, Dawn above all. */
async function memory(): Promise<{ objects: number; native: number }> {
  for (let round = 0; round < 3; round++) {
    collect();
    await new Promise((resolve) => setTimeout(resolve, 5)); // native memory is freed after it
  }
  const { heapUsed, heapTotal, rss } = process.memoryUsage();
  return { objects: heapUsed, native: rss - heapTotal }; // V8 takes a larger heap on a busy machine
}

const MiB = 1 << 20;

/**
 * By how much memory grows in one run, the median of eleven. A leak grows in every run. The allocators of Dawn and of the
 * adapter grow in some, and later on a busy machine.
 */
async function growthOf(run: () => Promise<void>): Promise<{ objects: number; native: number }> {
  const objects: number[] = [];
  const native: number[] = [];
  let before = await memory();
  for (let index = 0; index < 11; index++) {
    await run();
    const after = await memory();
    objects.push(after.objects - before.objects);
    native.push(after.native - before.native);
    before = after;
  }
  return { objects: median(objects), native: median(native) };
}

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1] ?? NaN;

test('ten thousand steps make nothing on the device and take no memory', async () => {
  const owner = await webgpu();
  const { device, calls } = observed(owner.device);
  const backend = await webgpu({ device });
  const parameters = [3, 100, 257].map((length) => backend.parameter(new Float32Array(length)));
  for (const parameter of parameters) parameter.grad = backend.zeros(parameter.shape);
  const optimizer = new ASGD(parameters, { t0: 0 });
  const train = async (steps: number): Promise<void> => {
    for (let step = 1; step <= steps; step++) {
      optimizer.step();
      if (step % 100 === 0) await backend.synchronize();
    }
  };
  await train(100);
  const made = Object.values(calls).flat().length;
  const growth = await growthOf(async () => train(1000));
  expect(Object.values(calls).flat()).toHaveLength(made);
  expect(growth.objects).toBeLessThan(0.1 * MiB); // 100 bytes a step
  expect(growth.native).toBeLessThan(8 * MiB); // 8 KiB a step
  await backend.close();
  await owner.close();
});

test('opening and closing over and over takes no memory', async () => {
  const cycle = async (count: number): Promise<void> => {
    for (let index = 0; index < count; index++) {
      const backend = await webgpu();
      const weight = backend.parameter(new Float32Array(MiB));
      weight.grad = backend.zeros(weight.shape);
      new ASGD([weight]).step();
      await backend.close();
    }
  };
  await cycle(4);
  const growth = await growthOf(async () => cycle(4));
  expect(growth.objects).toBeLessThan(0.08 * MiB); // 20 KiB each
  expect(growth.native).toBeLessThan(16 * MiB); // their tensors take 32
});

test('gradients that are replaced, not disposed of, make room when they are collected', async () => {
  const owner = await webgpu();
  const { device, calls } = observed(owner.device);
  const backend = await webgpu({ device });
  const weight = backend.parameter(new Float32Array(1000));
  const optimizer = new ASGD([weight], { lr: 1, lambd: 0 });
  for (let step = 0; step < 5000; step++) {
    weight.grad = backend.tensor(new Float32Array(1000).fill(-1));
    optimizer.step();
    if (step % 500 === 499) {
      collect();
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }
  expect((await weight.read())[999]).toBe(5000);
  const sharedBuffers = (calls['createBuffer'] ?? []).flatMap((made) => {
    const { label, size } = made as GPUBufferDescriptor;
    return label === 'asgd tensors' ? [size] : [];
  });
  // 20 MB of gradients went through.
  expect(sharedBuffers.reduce((sum, size) => sum + size, 0)).toBeLessThan(10 * MiB);
  await backend.close();
  await owner.close();
});
