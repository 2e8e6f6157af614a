import { create } from 'webgpu';
import { expect, test } from 'vitest';

test('in a process started with the environment, Dawn finds the software adapter', async () => {
  const gpu = create([]);
  const adapter = await gpu.requestAdapter();
  expect(adapter?.info.architecture).toBe('swiftshader');
  expect(gpu).toBeDefined(); // which keeps it alive until here
});
