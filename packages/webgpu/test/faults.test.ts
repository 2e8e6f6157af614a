import { ArgumentError, ASGD, OutOfMemoryError, UnsupportedError } from '@asgd/core';
import { webgpu, type WebGPUBackend } from '@asgd/webgpu';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { bufferOf, contentOf } from './buffers.ts';
import { disguise, limited, observed } from './disguise.ts';

let owner: WebGPUBackend;
let device: GPUDevice;
let other: WebGPUBackend;
const uncaptured: string[] = [];
beforeAll(async () => {
  owner = await webgpu();
  other = await webgpu();
  ({ device } = owner);
  device.addEventListener('uncapturederror', ({ error }) => uncaptured.push(error.message));
});
afterAll(async () => {
  await owner.close();
  await other.close();
});
beforeEach(() => {
  uncaptured.length = 0;
});

/** An optimizer over a wrapped buffer. */
function wrapped(backend: WebGPUBackend, buffer: GPUBuffer): ASGD {
  const weight = backend.wrap({ buffer });
  weight.grad = backend.tensor(new Float32Array(weight.length));
  return new ASGD([weight]);
}

test('a step on a buffer that was destroyed is an error of the next synchronize(), and of no later one', async () => {
  const buffer = bufferOf(device, [1, 2]);
  const optimizer = wrapped(owner, buffer);
  optimizer.step();
  buffer.destroy();
  optimizer.step();
  optimizer.step();
  await expect(owner.synchronize()).rejects.toThrow(ArgumentError);
  await expect(owner.synchronize()).resolves.toBeUndefined();
  expect(uncaptured).toStrictEqual([]);
});

test('the error says which call failed and what to look for', async () => {
  const buffer = bufferOf(device, [1, 2]);
  const optimizer = wrapped(owner, buffer);
  buffer.destroy();
  optimizer.step();
  await expect(owner.synchronize()).rejects.toThrow(
    /^A step failed on the GPU: .*destroyed[^]*\nA wrapped buffer must belong to the same device, and must not be destroyed or mapped\. .*\.$/,
  );
});

test('reading a buffer that was destroyed rejects that read', async () => {
  const buffer = bufferOf(device, [1, 2]);
  const weight = owner.wrap({ buffer });
  buffer.destroy();
  await expect(weight.read()).rejects.toThrow(ArgumentError);
  await expect(owner.synchronize()).resolves.toBeUndefined();
  expect(uncaptured).toStrictEqual([]);
});

test('writing to a buffer that is mapped is an error of the next synchronize()', async () => {
  const buffer = device.createBuffer({ size: 16, usage: 0x8c, mappedAtCreation: true });
  owner.wrap({ buffer }).write([1, 2, 3, 4]);
  await expect(owner.synchronize()).rejects.toThrow(ArgumentError);
  expect(uncaptured).toStrictEqual([]);
});

test("a buffer of another device is refused by the device, not by the owner's handlers", async () => {
  const optimizer = wrapped(owner, bufferOf(other.device, [1, 2]));
  optimizer.step();
  await expect(owner.synchronize()).rejects.toThrow(ArgumentError);
  expect(uncaptured).toStrictEqual([]);
});

test('after an error the backend goes on', async () => {
  const destroyed = bufferOf(device, [1, 2]);
  const broken = wrapped(owner, destroyed);
  destroyed.destroy();
  broken.step();
  await expect(owner.synchronize()).rejects.toThrow(ArgumentError);
  const weight = owner.parameter([1, 2]);
  weight.grad = owner.tensor([1, 1]);
  new ASGD([weight], { lr: 1, lambd: 0 }).step();
  expect([...(await weight.read())]).toStrictEqual([0, 1]);
});

test("the caller's own error scopes stay theirs", async () => {
  device.pushErrorScope('validation');
  const weight = owner.parameter([1, 2]);
  weight.grad = owner.tensor([1, 1]);
  new ASGD([weight]).step();
  device.createBuffer({ size: 4, usage: 0x1 | 0x2 | 0x80 }); // the caller's mistake
  expect(await device.popErrorScope()).not.toBeNull();
  await owner.synchronize();
});

/** A device whose next error scope of a kind reports an error. */
function failing(filter: GPUErrorFilter): { device: GPUDevice; fail(): void } {
  const scopes: boolean[] = [];
  let failNext = false;
  return {
    fail() {
      failNext = true;
    },
    device: disguise(device, {
      pushErrorScope(pushed) {
        const fails = failNext && pushed === filter;
        if (fails) failNext = false;
        scopes.push(fails);
        device.pushErrorScope(pushed);
      },
      async popErrorScope() {
        const fails = scopes.pop();
        const found = await device.popErrorScope();
        return fails ? { message: 'as the test wants it' } : found;
      },
    }),
  };
}

test('memory that runs out on the device is an OutOfMemoryError of the next synchronize(), and no lost device', async () => {
  const short = failing('out-of-memory');
  const backend = await webgpu({ device: short.device });
  const weight = backend.parameter([1, 2]);
  short.fail();
  const large = backend.zeros([1 << 20]);
  await expect(backend.synchronize()).rejects.toThrow(OutOfMemoryError);
  large.dispose();
  expect([...(await weight.read())]).toStrictEqual([1, 2]);
  await backend.synchronize();
  await backend.close();
});

test('no other tensor gets a range of a buffer that the device could not allocate', async () => {
  const short = failing('out-of-memory');
  const { device: watched, calls } = observed(short.device);
  const backend = await webgpu({ device: watched });
  const sharedBuffers = (): number =>
    (calls['createBuffer'] ?? []).filter((made) => (made as GPUBufferDescriptor).label === 'asgd tensors')
      .length;
  const before = sharedBuffers();
  short.fail();
  backend.parameter([1]);
  await expect(backend.synchronize()).rejects.toThrow(
    /^Allocating 262144 bytes failed on the GPU: as the test wants it\n/,
  );
  expect(sharedBuffers()).toBe(before + 1);
  const second = backend.parameter([2]);
  expect(sharedBuffers()).toBe(before + 2);
  expect([...(await second.read())]).toStrictEqual([2]);
  await backend.close();
});

test('memory that runs out for a staging buffer rejects the read', async () => {
  const short = failing('out-of-memory');
  const backend = await webgpu({ device: short.device });
  const weight = backend.parameter([1, 2]);
  short.fail();
  await expect(weight.read()).rejects.toThrow(OutOfMemoryError);
  expect([...(await weight.read())]).toStrictEqual([1, 2]);
  await backend.synchronize();
  await backend.close();
});

test('a driver that cannot do what it should is an UnsupportedError', async () => {
  const broken = failing('internal');
  const backend = await webgpu({ device: broken.device });
  const weight = backend.parameter([1]);
  weight.grad = backend.tensor([1]);
  broken.fail();
  new ASGD([weight]).step();
  await expect(backend.synchronize()).rejects.toThrow(UnsupportedError);
  await backend.close();
});

test('a tensor larger than a buffer can be is refused at once, with both sizes', async () => {
  const { maxBufferSize } = device.limits;
  expect(() => owner.zeros([maxBufferSize])).toThrow(OutOfMemoryError);
  expect(() => owner.zeros([maxBufferSize])).toThrow(
    `Could not allocate ${maxBufferSize * 4} bytes: a buffer of this device can have at most ${maxBufferSize}`,
  );
  await owner.synchronize();
  expect(await contentOf(device, bufferOf(device, [1]))).toStrictEqual([1]);
});

test('a step fails before anything has changed if there is no memory for averages', async () => {
  const backend = await webgpu({ device: limited(device, { maxBufferSize: 1 << 20 }) });
  const buffer = device.createBuffer({ size: 2 << 20, usage: 0x8c });
  const weight = backend.wrap({ buffer });
  const gradients = device.createBuffer({ size: 2 << 20, usage: 0x8c });
  weight.grad = backend.wrap({ buffer: gradients });
  const optimizer = new ASGD([weight], { t0: -1 });
  expect(() => optimizer.step()).toThrow(OutOfMemoryError);
  expect(optimizer.state.size).toBe(0);
  await backend.close();
});
