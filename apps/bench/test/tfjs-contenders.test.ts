import { describe, expect, test } from 'vitest';
import { agree } from '../src/agreement.ts';
import { asgdTfjs } from '../src/contenders/asgd-tfjs.ts';
import { handLoop } from '../src/contenders/hand-loop.ts';
import { onCpu, tensorflowCpuAdam } from '../src/contenders/tensorflow-cpu.ts';
import { onWasm, tensorflowWasmAdam } from '../src/contenders/tensorflow-wasm.ts';
import type { Workload } from '../src/workload.ts';

const workload: Workload = { tensors: 3, length: 5000, dtype: 'float32', phase: 'blending' };

describe.each([asgdTfjs(onCpu), asgdTfjs(onWasm)])('$label', (ours) => {
  test('has the bits of the loop by hand, averages included', async () => {
    const [us, loop] = [await ours.open(workload, 1), await handLoop.open(workload, 1)];
    expect(await us.run(20)).toBeGreaterThan(0);
    await loop.run(20);
    expect(await agree(us, loop, handLoop.exactness, workload)).toBe('identical bits in 30000 values');
    await expect(us.read(3)).rejects.toThrow('There is no tensor 3: there are 3.');
    await us.close();
  });

  test('declines what its peers have not, and more than 1 Mi', () => {
    expect(ours.declines({ ...workload, dtype: 'float64' }, false)).toContain('float64');
    expect(ours.declines({ ...workload, phase: 'before' }, false)).toContain('no phase before averaging');
    expect(ours.declines({ ...workload, tensors: 1, length: 2 ** 24 }, false)).toContain('up to 1 Mi');
    expect(ours.declines({ ...workload, tensors: 256, length: 4096 }, true)).toBeUndefined();
  });
});

test.each([tensorflowCpuAdam, tensorflowWasmAdam])('$label takes steps of lr: that is adam', async (adam) => {
  const runner = await adam.open(workload, 1);
  const start = (await runner.read(2)).parameter[0] ?? NaN;
  await runner.run(3);
  const { parameter, average } = await runner.read(2);
  expect(Math.abs((parameter[0] ?? NaN) - start)).toBeCloseTo(0.003, 5);
  expect(average).toBeNull();
  await runner.close();
});
