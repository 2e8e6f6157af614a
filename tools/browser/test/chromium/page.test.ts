import { expect, test } from 'vitest';

test('tests run in a browser whose WebGPU has a software adapter', async () => {
  const adapter = await navigator.gpu.requestAdapter();
  expect(adapter?.info.architecture).toBe('swiftshader');
});

test('an isolated project has shared memory', () => {
  expect(crossOriginIsolated).toBe(true);
  expect(new SharedArrayBuffer(1).byteLength).toBe(1);
});

test('JSON can be imported on demand', async () => {
  const { default: data } = await import('./answer.json', { with: { type: 'json' } });
  expect(data).toStrictEqual({ answer: 42 });
});
