import { ASGD, type Tensor } from '@asgd/core';
import { webgpu, type WebGPUBackend } from '@asgd/webgpu';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { observed } from './disguise.ts';

let owner: WebGPUBackend;
beforeAll(async () => {
  owner = await webgpu();
});
afterAll(() => owner.close());

/** A backend, and the staging buffers it creates. */
async function spied(): Promise<{ backend: WebGPUBackend; staging: () => readonly number[] }> {
  const { device, calls } = observed(owner.device);
  const backend = await webgpu({ device });
  const staging = (): readonly number[] =>
    (calls['createBuffer'] ?? []).flatMap((descriptor) => {
      const { usage, size } = descriptor as GPUBufferDescriptor;
      return usage & 0x1 ? [size] : [];
    });
  return { backend, staging };
}

const MiB = 1 << 20;

test('values are as they are at the call, whatever comes next', async () => {
  const weight = owner.parameter([1, 2]);
  weight.grad = owner.tensor([1, 1]);
  const optimizer = new ASGD([weight], { lr: 1, lambd: 0, t0: -1 });
  const reads = [weight.read()];
  weight.write([10, 20]);
  reads.push(weight.read());
  optimizer.step();
  reads.push(weight.read());
  optimizer.step();
  optimizer.swapAverages();
  reads.push(weight.read());
  optimizer.swapAverages();
  reads.push(weight.read());
  weight.dispose();
  owner.parameter([77, 77]); // in the same place
  const values = await Promise.all(reads);
  expect(values.map((array) => [...array])).toStrictEqual([
    [1, 2],
    [10, 20],
    [9, 19],
    [8.5, 18.5],
    [8, 18],
  ]);
});

test('a tensor longer than a staging buffer comes in parts', async () => {
  const { backend, staging } = await spied();
  const before = staging().length;
  const values = Float32Array.from({ length: 9 * MiB + 5 }, (_, index) => index % 1_000_003);
  const tensor = backend.tensor(values);
  const read = await tensor.read();
  expect(read.length).toBe(values.length);
  expect(read.every((value, index) => value === values[index])).toBe(true);
  expect(Math.max(...staging().slice(before))).toBe(16 * MiB);
  await backend.close();
});

test('much that is read at once goes through few staging buffers', async () => {
  const { backend, staging } = await spied();
  const tensors = Array.from({ length: 12 }, () => backend.zeros([4 * MiB - 1]));
  const before = staging().length;
  await Promise.all(tensors.map((tensor) => tensor.read()));
  const made = staging().slice(before);
  expect(made.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(12 * 16 * MiB);
  expect(Math.max(...made)).toBe(16 * MiB);
  await backend.close();
});

test('what waits for a staging buffer is copied before values change', async () => {
  const tensors: Tensor[] = Array.from({ length: 9 }, (_, index) =>
    owner.tensor(new Float32Array(3 * MiB).fill(index)),
  );
  const reads = tensors.map((tensor) => tensor.read());
  await Promise.resolve(); // some are being read, the others wait
  for (const tensor of tensors) {
    tensor.write(new Float32Array(3 * MiB).fill(-1));
    tensor.dispose();
  }
  const values = await Promise.all(reads);
  for (const [index, array] of values.entries()) {
    expect(array.length).toBe(3 * MiB);
    expect(array.every((value) => value === index)).toBe(true);
  }
});

test('many small tensors share a staging buffer, and the next read uses it again', async () => {
  const { backend, staging } = await spied();
  const tensors = Array.from({ length: 100 }, (_, index) => backend.tensor([index, index]));
  const before = staging().length;
  for (let round = 0; round < 3; round++) {
    const values = await Promise.all(tensors.map((tensor) => tensor.read()));
    expect(values.map(([value]) => value)).toStrictEqual(tensors.map((_, index) => index));
  }
  expect(staging().length - before).toBeLessThanOrEqual(1);
  await backend.close();
});

test('an empty tensor is read without a device', async () => {
  expect(await owner.zeros([0]).read()).toStrictEqual(new Float32Array(0));
});

test('closing waits for reads that are under way', async () => {
  const backend = await webgpu({ device: owner.device });
  const reads = Array.from({ length: 6 }, () => backend.tensor(new Float32Array(5 * MiB).fill(3)).read());
  await backend.close();
  const values = await Promise.all(reads);
  expect(values.every((array) => array[5 * MiB - 1] === 3)).toBe(true);
});
