import { ArgumentError } from '@asgd/core';
import { webgpu } from '@asgd/webgpu';
import { expect, test } from 'vitest';

test('anything but a device is refused', async () => {
  for (const device of [null, 3, 'gpu', {}] as unknown as GPUDevice[]) {
    await expect(webgpu({ device })).rejects.toThrow(ArgumentError);
  }
});

test('options that are not an object are refused', async () => {
  for (const options of [null, 3, 'gpu'] as unknown as object[]) {
    await expect(webgpu(options)).rejects.toThrow(ArgumentError);
  }
});

test('a device of its own has the limits of its adapter for buffers', async () => {
  const backend = await webgpu();
  const { maxBufferSize, maxStorageBufferBindingSize } = backend.device.limits;
  expect(maxBufferSize).toBeGreaterThan(256 << 20); // more than the default
  expect(maxStorageBufferBindingSize).toBeGreaterThan(128 << 20);
  await backend.close();
});
