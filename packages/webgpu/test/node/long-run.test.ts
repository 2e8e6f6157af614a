import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { ASGD } from '@asgd/core';
import { webgpu } from '@asgd/webgpu';
import { expect, test } from 'vitest';
import { observed } from '../disguise.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** What is in use after a collection: by JavaScript's objects, and by the whole process. */
async function memory(): Promise<{ objects: number; process: number }> {
  for (let round = 0; round < 3; round++) {
    collect();
    await new Promise((resolve) => setTimeout(resolve, 5)); // native memory is freed after it
  }
  const { heapUsed, rss } = process.memoryUsage();
  return { objects: heapUsed, process: rss };
}

const MiB = 1 << 20;

/**
 * The smallest growth of several runs. A leak grows in every run. The allocators of Dawn and of the adapter grow in some,
 * and later on a busy machine.
 */
async function leastGrowth(
  run: () => Promise<void>,
  runs: number,
): Promise<{ objects: number; process: number }> {
  const least = { objects: Infinity, process: Infinity };
  let before = await memory();
  for (let index = 0; index < runs; index++) {
    await run();
    const after = await memory();
    least.objects = Math.min(least.objects, after.objects - before.objects);
    least.process = Math.min(least.process, after.process - before.process);
    before = after;
  }
  return least;
}

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
  await train(2000);
  const made = Object.values(calls).flat().length;
  const growth = await leastGrowth(async () => train(2000), 4);
  expect(Object.values(calls).flat()).toHaveLength(made);
  expect(growth.objects).toBeLessThan(0.2 * MiB); // 100 bytes a step
  expect(growth.process).toBeLessThan(16 * MiB); // 8 KiB a step
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
  await cycle(10);
  const growth = await leastGrowth(async () => cycle(10), 4);
  expect(growth.objects).toBeLessThan(0.2 * MiB);
  expect(growth.process).toBeLessThan(40 * MiB); // their tensors take 80
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
