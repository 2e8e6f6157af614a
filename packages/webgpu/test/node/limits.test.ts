import { conformance } from '@asgd/conformance/vitest';
import { ASGD } from '@asgd/core';
import { webgpu } from '@asgd/webgpu';
import { afterAll, expect, test } from 'vitest';
import { bufferOf, contentOf } from '../buffers.ts';
import { limited } from '../disguise.ts';

const owner = await webgpu();
afterAll(() => owner.close());

// So little that long tensors are cut, and the grid of nearly every dispatch is folded: 19 968 bytes bound at a time,
// which is three workgroups, and two workgroups in a dimension.
const device = limited(owner.device, {
  maxStorageBufferBindingSize: 20_000,
  maxComputeWorkgroupsPerDimension: 2,
});
const open = (): ReturnType<typeof webgpu> => webgpu({ device });

for (const only of ['step/*', 'batch/*']) {
  conformance({ name: `webgpu on a device of few limits (${only})`, open }, { only });
}

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
