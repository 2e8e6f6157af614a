import { describe, expect, test } from 'vitest';
import { findAdapter } from '../src/adapter.ts';
import { agree } from '../src/agreement.ts';
import { asgdCpu } from '../src/contenders/asgd-cpu.ts';
import { asgdWebgpu, asgdWebgpuCaller } from '../src/contenders/asgd-webgpu.ts';
import { copyShader } from '../src/contenders/copy-shader.ts';
import { tensorflowWebgpu } from '../src/contenders/tensorflow-webgpu.ts';
import { makeBlock, tile, type Workload } from '../src/workload.ts';

const one: Workload = { tensors: 1, length: 5000, dtype: 'float32', phase: 'blending' };
const many: Workload = { tensors: 3, length: 100, dtype: 'float32', phase: 'blending' };

test('the adapter at hand has a name', async () => {
  expect((await findAdapter()).name).not.toBe('');
});

test.for([one, many, { ...one, phase: 'before' as const }])(
  'asgd webgpu gives the bits of asgd cpu: $tensors × $length, $phase',
  async (workload) => {
    const [ours, theirs] = [await asgdWebgpu.open(workload, 1), await asgdCpu.open(workload, 1)];
    expect(await agree(ours, theirs, { kind: 'bits' }, workload)).toContain('identical bits');
    await ours.close();
    await theirs.close();
  },
);

test('a quick run leaves out what takes an adapter in software too long', () => {
  expect(asgdWebgpu.declines({ ...one, length: 2 ** 24 }, true)).toContain('software');
  expect(asgdWebgpu.declines({ ...one, length: 2 ** 24 }, false)).toBeUndefined();
  expect(asgdWebgpu.declines({ ...one, dtype: 'float64' }, false)).toContain('no float64');
});

test('on the calling thread, waiting for the device does not count', async () => {
  const large = { ...one, length: 2 ** 20 };
  const [caller, device] = [await asgdWebgpuCaller.open(large, 1), await asgdWebgpu.open(large, 1)];
  for (const runner of [caller, device]) await runner.run(4);
  expect(await caller.run(8)).toBeLessThan((await device.run(8)) / 2);
  await caller.close();
  await device.close();
});

test('the copy shader copies', async () => {
  const runner = await copyShader.open(one, 1);
  expect(new Set((await runner.read(0)).parameter)).toStrictEqual(new Set([0]));
  expect(await runner.run(2)).toBeGreaterThan(0);
  const { parameter } = await runner.read(0);
  expect(parameter).toStrictEqual(tile(makeBlock().parameter, { ...one, length: parameter.length }));
  await runner.close();
});

describe('TensorFlow.js on WebGPU', () => {
  test('takes steps of momentum: what it moves by grows', async () => {
    const runner = await tensorflowWebgpu.open(one, 1);
    const start = (await runner.read(0)).parameter[3000] ?? NaN;
    await runner.run(1);
    const first = (await runner.read(0)).parameter[3000] ?? NaN;
    await runner.run(1);
    const second = (await runner.read(0)).parameter[3000] ?? NaN;
    await runner.close();
    expect((second - first) / (first - start)).toBeCloseTo(1.9, 2);
  });

  test('leaves nothing behind that makes this process look like a browser', async () => {
    const runner = await tensorflowWebgpu.open(one, 1);
    expect('gpu' in navigator).toBe(false);
    expect('WorkerGlobalScope' in globalThis).toBe(false);
    await runner.close();
  });
});
