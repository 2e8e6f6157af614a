import { ASGD, type BackwardResult, OutOfMemoryError, type Parameter } from '@asgd/core';
import { describe, expect, test } from 'vitest';
import { expectUnchanged } from '../../src/cases/fixture.ts';
import { type FailingKernels, failingBackend } from './failing.ts';

// The memory that recorded steps take, which no backend reports.

interface Run {
  readonly kernels: FailingKernels;
  readonly parameters: readonly Parameter[];
  readonly optimizer: ASGD;
}

/** Three parameters, over enough steps to begin averaging. */
function begin(steps: number): Run {
  const { kernels, backend } = failingBackend();
  const parameters = [[1, 2, 3], [0.1], [4, 5, 6, 7]].map((values) => {
    const parameter = backend.parameter(values);
    parameter.grad = backend.tensor(values.map((value) => value / 3));
    return parameter;
  });
  const optimizer = new ASGD(parameters, { lr: 0.1, t0: 0, differentiable: true });
  for (let step = 0; step < steps; step++) optimizer.step();
  return { kernels, parameters, optimizer };
}

async function differentiate({ parameters, optimizer }: Run): Promise<BackwardResult> {
  const seeds = new Map(parameters.map((parameter) => [parameter, parameter.backend.zeros(parameter.shape)]));
  try {
    return await optimizer.backward({ parameters: seeds, averages: seeds });
  } finally {
    for (const seed of seeds.values()) seed.dispose();
  }
}

function disposeOf({ parameters, averages, gradients }: BackwardResult): void {
  for (const map of [parameters, averages, ...gradients]) {
    for (const tensor of map.values()) tensor.dispose();
  }
}

/** A copy of the parameter and of its gradient, for each parameter. */
const perStep = 6;

describe('the memory of recorded steps', () => {
  test('is two copies per parameter and step, all freed by backward()', async () => {
    const run = begin(0);
    const { live } = run.kernels;
    const averages = 3;
    for (let step = 1; step <= 4; step++) {
      run.optimizer.step();
      expect(run.kernels.live).toBe(live + step * perStep + (step < 2 ? 0 : averages));
    }
    disposeOf(await differentiate(run));
    expect(run.kernels.live).toBe(live + averages);
  });

  test.each([
    ['clearTape()', ({ optimizer }: Run) => optimizer.clearTape()],
    ['dispose()', ({ optimizer }: Run) => optimizer.dispose()],
  ])('is freed by %s', (_, end) => {
    const run = begin(1);
    const { live } = run.kernels;
    end(run);
    end(run);
    expect(run.kernels.live).toBe(live - perStep);
  });

  test('is freed by loading', async () => {
    const run = begin(1);
    const { live } = run.kernels;
    const averages = 3; // every loaded average has its own storage
    run.optimizer.loadStateDict(await run.optimizer.stateDict());
    expect(run.kernels.live).toBe(live - perStep + averages);
  });
});

describe('when memory runs out', () => {
  test.each([0, 1, 2, 3, 4, 5])(
    'for a step that is recorded, with room for %i copies, it changes nothing and works later',
    async (room) => {
      const run = begin(4);
      const { kernels, optimizer } = run;
      const { live } = kernels;
      kernels.room = room;
      await expectUnchanged(optimizer, 'A step without memory', () => {
        expect(() => optimizer.step()).toThrow(OutOfMemoryError);
      });
      expect(kernels.live).toBe(live);
      kernels.room = Infinity;
      optimizer.step();
      const result = await differentiate(run);
      expect(result.gradients).toHaveLength(5);
      disposeOf(result);
      expect(kernels.live).toBe(live - 4 * perStep);
    },
  );

  test.each([3, 4, 5, 7, 11, 20, 30])(
    'for the derivatives, with room for %i tensors, nothing is kept and it can be tried again',
    async (room) => {
      const run = begin(4);
      const { kernels } = run;
      const { live } = kernels;
      kernels.room = room;
      await expect(differentiate(run)).rejects.toThrow(OutOfMemoryError);
      expect(kernels.live).toBe(live);
      kernels.room = Infinity;
      disposeOf(await differentiate(run));
      expect(kernels.live).toBe(live - 4 * perStep);
    },
  );
});
