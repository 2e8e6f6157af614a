import { describe, expect, test, vi } from 'vitest';
import { agree } from '../src/agreement.ts';
import { asgdCpu } from '../src/contenders/asgd-cpu.ts';
import { asgdWebgpuCaller } from '../src/contenders/asgd-webgpu-caller.ts';
import { asgdWebgpuDevice } from '../src/contenders/asgd-webgpu-device.ts';
import { asgdWebgpu } from '../src/contenders/asgd-webgpu.ts';
import { copyShader, copyShaderDevice } from '../src/contenders/copy-shader.ts';
import { DeviceClock, durationOf } from '../src/contenders/device-clock.ts';
import { onWebgpu, tensorflowWebgpu } from '../src/contenders/tensorflow-webgpu.ts';
import { nodeWebGPU } from '../src/node-webgpu.ts';
import type { WebGPUHost } from '../src/webgpu-host.ts';
import { makeBlock, tile, type Workload } from '../src/workload.ts';

const one: Workload = { tensors: 1, length: 5000, dtype: 'float32', phase: 'blending' };
const many: Workload = { tensors: 3, length: 100, dtype: 'float32', phase: 'blending' };

const ours = asgdWebgpu(nodeWebGPU);

/** A device on which every pass takes as long as it is told to. It writes down how many came with each submission. */
function deviceOfPasses(nanoseconds: bigint, submitted: number[]): GPUDevice {
  nodeWebGPU.gpu(); // and what WebGPU has beside it
  let passes = 0;
  const times = (_: number, size: number): ArrayBuffer =>
    BigUint64Array.from({ length: size / 8 }, (__, index) => (index % 2 === 0 ? 0n : nanoseconds)).buffer;
  return {
    createQuerySet: () => ({}),
    createBuffer: () => ({ mapAsync: async () => {}, getMappedRange: times, unmap() {} }),
    createCommandEncoder: () => ({
      beginComputePass: () => passes++,
      resolveQuerySet() {},
      copyBufferToBuffer() {},
      finish() {},
    }),
    queue: {
      submit() {
        submitted.push(passes);
        passes = 0;
      },
    },
  } as unknown as GPUDevice;
}

test('the adapter at hand has a name', async () => {
  expect((await nodeWebGPU.findAdapter()).name).not.toBe('');
});

describe.each([ours, asgdWebgpuDevice(nodeWebGPU)])('$label', (contender) => {
  test.for([one, many, { ...one, phase: 'before' as const }])(
    'gives the bits of asgd cpu: $tensors × $length, $phase',
    async (workload) => {
      const [subject, cpu] = [await contender.open(workload, 1), await asgdCpu.open(workload, 1)];
      expect(await agree(subject, cpu, { kind: 'bits' }, workload)).toContain('identical bits');
      await subject.close();
      await cpu.close();
    },
  );
});

test('a quick run leaves out what takes an adapter in software too long', () => {
  expect(ours.declines({ ...one, length: 2 ** 24 }, true)).toContain('software');
  expect(ours.declines({ ...one, length: 2 ** 24 }, false)).toBeUndefined();
  expect(ours.declines({ ...one, dtype: 'float64' }, false)).toContain('no float64');
});

test('on the calling thread, waiting for the device does not count', async () => {
  const [caller, device] = [await asgdWebgpuCaller(nodeWebGPU).open(one, 1), await ours.open(one, 1)];
  // A clock that stands still while the calling thread works, and moves on whenever it waits.
  let turns = 0;
  let turning = setImmediate(function turn() {
    turns++;
    turning = setImmediate(turn);
  });
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => turns);
  expect(await caller.run(20)).toBe(0);
  expect(turns).toBeGreaterThan(0);
  expect(await device.run(20)).toBeGreaterThan(0);
  clearImmediate(turning);
  clock.mockRestore();
  await caller.close();
  await device.close();
});

test.for([copyShader, copyShaderDevice])('the copy shader copies: %o', async (contender) => {
  const runner = await contender(nodeWebGPU).open(one, 1);
  expect(new Set((await runner.read(0)).parameter)).toStrictEqual(new Set([0]));
  expect(await runner.run(2)).toBeGreaterThan(0);
  const { parameter } = await runner.read(0);
  expect(parameter).toStrictEqual(tile(makeBlock().parameter, { ...one, length: parameter.length }));
  await runner.close();
});

describe("the GPU's clock", () => {
  const milliseconds = 1_000_000n;
  const times = (...passes: readonly (readonly [bigint, bigint])[]): BigUint64Array =>
    BigUint64Array.from(passes.flat());

  test('counts what lies within passes, and not between them', () => {
    const passes = times([0n, milliseconds], [5n * milliseconds, 7n * milliseconds]);
    expect(durationOf(passes)).toBe(3);
  });

  test('takes a pass that ends before it begins for an average one', () => {
    const passes = times([0n, milliseconds], [9n * milliseconds, 0n], [0n, 3n * milliseconds]);
    expect(durationOf(passes)).toBe(6);
  });

  test('is of no use if most passes end before they begin, or if all take no time', () => {
    expect(() => durationOf(times([1n, 0n], [1n, 0n], [0n, 1n]))).toThrow(/of no use: 2 of 3 passes/);
    expect(() => durationOf(times([7n, 7n], [8n, 8n]))).toThrow(/too coarse: 2 passes/);
  });

  test('times as many passes as it is asked for, in as many submissions as it takes', async () => {
    const submitted: number[] = [];
    const clock = new DeviceClock(deviceOfPasses(milliseconds, submitted));
    expect(await clock.time(300, (encoder) => void encoder.beginComputePass())).toBe(300);
    expect(submitted).toStrictEqual([256, 44]);
  });

  test('tells no more than the wall clock does', async () => {
    const runner = await copyShaderDevice(nodeWebGPU).open({ ...one, length: 2 ** 16 }, 1);
    await runner.run(4);
    const begin = performance.now();
    const spent = await runner.run(300);
    const elapsed = performance.now() - begin;
    await runner.close();
    expect(spent).toBeGreaterThan(0);
    expect(spent).toBeLessThan(elapsed);
  });

  test('that an adapter lacks is missed, by the name of the adapter', async () => {
    const host: WebGPUHost = {
      ...nodeWebGPU,
      findAdapter: async () => ({ name: 'old card', isSoftware: false, hasClock: false }),
    };
    for (const contender of [asgdWebgpuDevice(host), copyShaderDevice(host)]) {
      expect(await contender.probe()).toStrictEqual({
        available: false,
        reason: 'old card does not tell its own time: it lacks timestamp-query',
      });
    }
    expect(await asgdWebgpu(host).probe()).toMatchObject({ available: true });
  });
});

describe('TensorFlow.js on WebGPU', () => {
  const momentum = tensorflowWebgpu(onWebgpu(nodeWebGPU));

  test('takes steps of momentum: what it moves by grows', async () => {
    const runner = await momentum.open(one, 1);
    const start = (await runner.read(0)).parameter[3000] ?? NaN;
    await runner.run(1);
    const first = (await runner.read(0)).parameter[3000] ?? NaN;
    await runner.run(1);
    const second = (await runner.read(0)).parameter[3000] ?? NaN;
    await runner.close();
    expect((second - first) / (first - start)).toBeCloseTo(1.9, 2);
  });

  test('leaves nothing behind that makes this process look like a browser', async () => {
    const runner = await momentum.open(one, 1);
    expect('gpu' in navigator).toBe(false);
    expect('WorkerGlobalScope' in globalThis).toBe(false);
    await runner.close();
  });
});
