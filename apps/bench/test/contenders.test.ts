import { describe, expect, test } from 'vitest';
import { agree } from '../src/agreement.ts';
import { asgdCpu } from '../src/contenders/asgd-cpu.ts';
import { handLoop } from '../src/contenders/hand-loop.ts';
import { allContenders } from '../src/contenders/index.ts';
import { pytorch } from '../src/contenders/pytorch.ts';
import { tensorflowCpu } from '../src/contenders/tensorflow-cpu.ts';
import { tile, type Workload } from '../src/workload.ts';

const python = process.env['ASGD_BENCH_PYTHON'] ?? 'python3';

const workloads: Workload[] = (['float32', 'float64'] as const).flatMap((dtype) =>
  (['before', 'blending'] as const).flatMap((phase) => [
    { tensors: 1, length: 5000, dtype, phase },
    { tensors: 3, length: 100, dtype, phase },
  ]),
);

describe.each(workloads)('$tensors × $length $dtype, $phase', (workload) => {
  test('comes out with the same bits from asgd cpu and from the loop by hand, every element', async () => {
    const [ours, theirs] = [await asgdCpu.open(workload, 1), await handLoop.open(workload, 1)];
    await ours.run(20);
    await theirs.run(20);
    const values = 2 * workload.tensors * workload.length;
    expect(await agree(ours, theirs, handLoop.exactness, workload)).toBe(
      `identical bits in ${values} values`,
    );
    await ours.close();
  });

  test('averages only in the blending phase', async () => {
    const runner = await handLoop.open(workload, 1);
    await runner.run(20);
    const { parameter, average } = await runner.read(0);
    const differing = parameter.filter((value, i) => value !== average?.[i]);
    expect(differing).toHaveLength(workload.phase === 'before' ? 0 : workload.length);
  });
});

describe('the data', () => {
  const workload: Workload = { tensors: 1, length: 4096, dtype: 'float32', phase: 'blending' };

  test('stay clear of subnormal and infinite values, however long a run is', async () => {
    const runner = await handLoop.open(workload, 1);
    for (let i = 0; i < 10; i++) {
      await runner.run(1000);
      const { parameter, average } = await runner.read(0);
      const magnitudes = [...parameter, ...(average ?? [])].map(Math.abs).filter((value) => value !== 0);
      expect(Math.max(...magnitudes)).toBeLessThan(1e4);
      expect(Math.min(...magnitudes)).toBeGreaterThan(1e-20);
    }
  });

  test('repeat a block to any length', () => {
    const values = tile([1, 2, 3], { ...workload, length: 7 });
    expect(values).toStrictEqual(Float32Array.of(1, 2, 3, 1, 2, 3, 1));
  });
});

describe('TensorFlow.js', () => {
  const workload: Workload = { tensors: 2, length: 64, dtype: 'float32', phase: 'blending' };

  test('takes steps of momentum: what it moves by grows', async () => {
    const runner = await tensorflowCpu.open(workload, 1);
    const start = (await runner.read(1)).parameter[0] ?? NaN;
    expect(await runner.run(1)).toBeGreaterThan(0);
    const first = (await runner.read(1)).parameter[0] ?? NaN;
    await runner.run(1);
    const second = (await runner.read(1)).parameter[0] ?? NaN;
    await runner.close();
    expect(Math.abs(first - start)).toBeGreaterThan(4e-4); // lr 1e-3, gradients of 0.5 to 1
    expect((second - first) / (first - start)).toBeCloseTo(1.9, 2);
  });

  test('declines float64, the phase that momentum does not have, and what would take minutes', () => {
    expect(tensorflowCpu.declines({ ...workload, dtype: 'float64' }, false)).toContain('float64');
    expect(tensorflowCpu.declines({ ...workload, phase: 'before' }, false)).toContain('momentum');
    expect(tensorflowCpu.declines({ ...workload, length: 2 ** 24 }, true)).toContain('too slow');
    expect(tensorflowCpu.declines(workload, true)).toBeUndefined();
  });
});

describe('PyTorch', () => {
  test('says what to do when there is no Python', async () => {
    const probe = await pytorch('no-such-python', 'single').probe();
    expect(probe).toMatchObject({ available: false });
    expect(probe.available ? '' : probe.reason).toMatch(/no-such-python.*import torch.*ENOENT.*--python/);
  });

  test('says what Python said when it has no PyTorch', async () => {
    // A JavaScript engine takes Python's `-c` for `--check`, and fails as a Python without PyTorch does.
    const probe = await pytorch(process.execPath, 'single').probe();
    expect(probe).toMatchObject({ available: false });
  });

  test.for(['single', 'foreach'] as const)(
    'computes what asgd cpu does, on its %s path',
    async (path, { skip }) => {
      const contender = pytorch(python, path);
      const probe = await contender.probe();
      skip(!probe.available, probe.available ? '' : probe.reason);
      try {
        for (const workload of workloads) {
          const [ours, theirs] = [await asgdCpu.open(workload, 1), await contender.open(workload, 1)];
          expect(await agree(ours, theirs, contender.exactness, workload)).toContain('within');
        }
        const failed = contender.open({ tensors: 0, length: 1, dtype: 'float32', phase: 'before' }, 1);
        await expect(failed).rejects.toThrow(/PyTorch: /);
      } finally {
        await contender.release?.();
      }
    },
  );
});

describe('the contenders', () => {
  const contenders = allContenders(python);

  test('have names of their own', () => {
    expect(new Set(contenders.map(({ id }) => id)).size).toBe(contenders.length);
  });

  test('name peers that there are', () => {
    const ids = contenders.map(({ id }) => id);
    for (const { peers } of contenders) expect(ids).toStrictEqual(expect.arrayContaining([...peers]));
  });
});
