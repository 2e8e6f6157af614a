import { conformance } from '@asgd/conformance/vitest';
import { ASGD } from '@asgd/core';
import { webgpu } from '@asgd/webgpu';
import { afterAll, expect, test } from 'vitest';
import { bufferOf, contentOf } from '../buffers.ts';
import { disguise, limited } from '../disguise.ts';

const owner = await webgpu();
afterAll(() => owner.close());

// Limits so low that long tensors are cut, and that nearly every dispatch needs two dimensions: bindings of 19 968 bytes,
// which are three workgroups, and two workgroups in a dimension.
const device = limited(owner.device, {
  maxStorageBufferBindingSize: 20_000,
  maxComputeWorkgroupsPerDimension: 2,
});
const open = (): ReturnType<typeof webgpu> => webgpu({ device });

for (const only of ['step/*', 'batch/*']) {
  conformance({ name: `webgpu on a device of few limits (${only})`, open }, { only });
}

test('no dispatch is larger, and no binding longer, than the limits', async () => {
  const grids: number[][] = [];
  const watched = disguise(device, {
    createCommandEncoder(descriptor) {
      const encoder = device.createCommandEncoder(descriptor);
      const begin = encoder.beginComputePass.bind(encoder);
      encoder.beginComputePass = (passDescriptor) => {
        const pass = begin(passDescriptor);
        const dispatch = pass.dispatchWorkgroups.bind(pass);
        pass.dispatchWorkgroups = (...grid: [number, number?, number?]) => {
          grids.push(grid.map((count) => count ?? 1));
          dispatch(...grid);
        };
        return pass;
      };
      return encoder;
    },
    createBindGroup(descriptor) {
      for (const { resource } of descriptor.entries) {
        const { buffer, size } = resource as GPUBufferBinding;
        expect(size ?? buffer.size).toBeLessThanOrEqual(20_000);
      }
      return device.createBindGroup(descriptor);
    },
  });
  const backend = await webgpu({ device: watched });
  grids.length = 0;
  const weight = backend.parameter(new Float32Array(100_000));
  weight.grad = backend.tensor(new Float32Array(100_000).fill(-1));
  new ASGD([weight], { lr: 1, lambd: 0 }).step();
  expect((await weight.read()).every((value) => value === 1)).toBe(true);
  expect(grids.length).toBeGreaterThan(20);
  expect(Math.max(...grids.flat())).toBe(2);
  await backend.close();
});

test('wrapped ranges that cross windows at different places are trained in place', async () => {
  const backend = await open();
  const length = 12_345;
  const values = Float32Array.from({ length: length + 10_002 }, (_, index) => index);
  const buffer = bufferOf(owner.device, values);
  const gradients = bufferOf(owner.device, values);
  const weight = backend.wrap({ buffer, offset: 4, size: length * 4 });
  weight.grad = backend.wrap({ buffer: gradients, offset: 40_000, size: length * 4 });
  new ASGD([weight], { lr: 1, lambd: 0 }).step();

  const expected = values.map((value, index) => (index >= 1 && index <= length ? 1 - 10_000 : value));
  expect(await contentOf(owner.device, buffer)).toStrictEqual([...expected]);
  await backend.close();
});
