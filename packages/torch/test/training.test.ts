import type { Backend } from '@asgd/core';
import { cpu } from '@asgd/cpu';
import { wasm } from '@asgd/wasm';
import { webgpu } from '@asgd/webgpu';
import { afterAll, describe, expect, test } from 'vitest';
import { loadCheckpoint, saveCheckpoint } from '../src/index.ts';
import { fixture } from './fixture.ts';
import { type Run, start, train } from './training.ts';

const backends: Readonly<Record<string, Promise<Backend>>> = {
  cpu: cpu(),
  wasm: wasm(),
  // In Node it comes from the package webgpu, in a browser from the browser.
  webgpu: webgpu(),
};
afterAll(async () => {
  for (const backend of Object.values(backends)) await (await backend).close();
});

const subjects = Object.entries({
  cpu: ['float32', 'float64', 'complex64', 'complex128'],
  wasm: ['float32', 'float64', 'complex64', 'complex128'],
  webgpu: ['float32', 'complex64'],
}).flatMap(([name, dtypes]) => dtypes.map((dtype) => ({ name, dtype })));

/** One of PyTorch's own checkpoints of the run. */
async function pytorchs(dtype: string, moment: 'middle' | 'end'): Promise<Run> {
  return loadCheckpoint<Run>(await fixture(`training-${dtype}-${moment}.pt`));
}

describe.each(subjects)('$dtype on $name', ({ name, dtype }) => {
  test('50 steps after 50 of PyTorch are its 100, bit for bit', async () => {
    const backend = (await backends[name]) as Backend;
    const end = await train(backend, await start(dtype), [50, 100], await pytorchs(dtype, 'middle'));
    expect(end).toStrictEqual(await pytorchs(dtype, 'end'));
  });

  test('the first 50 steps are what PyTorch needs for the next 50, bit for bit', async () => {
    const backend = (await backends[name]) as Backend;
    const middle = await train(backend, await start(dtype), [0, 50]);
    expect(middle).toStrictEqual(await pytorchs(dtype, 'middle'));
    // The file that tools/golden continues with PyTorch.
    expect(await saveCheckpoint(middle)).toStrictEqual(await fixture(`written/training-${dtype}-middle.pt`));
  });
});
