import { describe, expect, test } from 'vitest';
import { agree } from '../src/agreement.ts';
import { asgdWasm } from '../src/contenders/asgd-wasm.ts';
import { plainC } from '../src/contenders/plain-c.ts';
import { tensorflowWasm } from '../src/contenders/tensorflow-wasm.ts';
import type { Workload } from '../src/workload.ts';

const sizes = [
  { tensors: 1, length: 5000 },
  { tensors: 1, length: 300_000 },
  { tensors: 3, length: 100 },
];
const workloads: Workload[] = (['float32', 'float64'] as const).flatMap((dtype) =>
  (['before', 'blending'] as const).flatMap((phase) => sizes.map((size) => ({ ...size, dtype, phase }))),
);

describe('C', () => {
  test.for([1, 2])('gives the bits of asgd wasm on %i threads', async (threads, { skip }) => {
    const probe = await plainC.probe();
    skip(!probe.available, probe.available ? '' : probe.reason);
    try {
      for (const workload of workloads) {
        const [ours, theirs] = [await asgdWasm.open(workload, threads), await plainC.open(workload, threads)];
        expect(await agree(ours, theirs, plainC.exactness, workload)).toContain('identical bits');
        expect(await theirs.run(2)).toBeGreaterThan(0);
        await Promise.all([ours.close(), theirs.close()]);
      }
    } finally {
      await plainC.release?.();
    }
  });
});

describe('TensorFlow.js in WebAssembly', () => {
  test('takes steps of momentum: what it moves by grows', async () => {
    const runner = await tensorflowWasm.open(
      { tensors: 2, length: 64, dtype: 'float32', phase: 'blending' },
      1,
    );
    const start = (await runner.read(1)).parameter[0] ?? NaN;
    await runner.run(1);
    const first = (await runner.read(1)).parameter[0] ?? NaN;
    await runner.run(1);
    const second = (await runner.read(1)).parameter[0] ?? NaN;
    await runner.close();
    expect((second - first) / (first - start)).toBeCloseTo(1.9, 2);
  });
});
