import { ASGD, type Backend, DeviceLostError, OutOfMemoryError, type Parameter } from '@asgd/core';
import { describe, expect, test } from 'vitest';
import { expectUnchanged } from '../../src/cases/fixture.ts';
import { failingBackend } from './failing.ts';

// What no backend does on demand: run out of memory, or fail halfway.

interface Run {
  readonly parameters: readonly Parameter[];
  readonly optimizer: ASGD;
}

/** Three parameters in two groups. With t0 of 0, update 2 is the first to need storage for averages. */
function begin(backend: Backend, updates: number): Run {
  const parameters = [[1, 2, 3], [0.1], [4, 5, 6, 7]].map((values) => {
    const parameter = backend.parameter(values);
    parameter.grad = backend.tensor(values.map((value) => value / 3));
    return parameter;
  });
  const [first, ...others] = parameters;
  if (!first) throw new Error('There is no parameter.');
  const optimizer = new ASGD([{ params: others }, { params: [first] }], { lr: 0.1, t0: 0 });
  for (let update = 0; update < updates; update++) optimizer.step();
  return { parameters, optimizer };
}

async function valuesOf({ parameters, optimizer }: Run): Promise<readonly number[][]> {
  const tensors = parameters.flatMap((parameter) => [parameter, optimizer.averageOf(parameter)]);
  return Promise.all(tensors.map(async (tensor) => [...(await tensor.read())]));
}

describe('when memory runs out', () => {
  test.each([0, 1, 2])(
    'at the step that first needs averages, with room for %i, it changes nothing and works later',
    async (room) => {
      const { kernels, backend } = failingBackend();
      const run = begin(backend, 1);
      const { live } = kernels;
      kernels.room = room;
      await expectUnchanged(run.optimizer, 'A step without memory', () => {
        expect(() => run.optimizer.step()).toThrow(OutOfMemoryError);
        expect(() => run.optimizer.step(() => 0.5)).toThrow(OutOfMemoryError);
      });
      expect(kernels.live).toBe(live);
      kernels.room = Infinity;
      for (let update = 1; update < 5; update++) run.optimizer.step();
      expect(await valuesOf(run)).toStrictEqual(await valuesOf(begin(failingBackend().backend, 5)));
    },
  );

  test.each([0, 1, 2])(
    'for a state dictionary, with room for %i averages, loading changes nothing',
    async (room) => {
      const dict = await begin(failingBackend().backend, 4).optimizer.stateDict();
      const { kernels, backend } = failingBackend();
      const run = begin(backend, 3);
      const { live } = kernels;
      kernels.room = room;
      await expectUnchanged(run.optimizer, 'Loading without memory', () => {
        expect(() => run.optimizer.loadStateDict(dict)).toThrow(OutOfMemoryError);
      });
      expect(kernels.live).toBe(live);
      kernels.room = Infinity;
      run.optimizer.loadStateDict(dict);
      expect((await run.optimizer.stateDict()).state).toStrictEqual(dict.state);
    },
  );

  test.each([0, 1, 2])('for a swap, with room for %i spares, nothing is swapped', async (room) => {
    const { kernels, backend } = failingBackend();
    const run = begin(backend, 4);
    const { live } = kernels;
    kernels.room = room;
    await expectUnchanged(run.optimizer, 'A swap without memory', () => {
      expect(() => run.optimizer.swapAverages()).toThrow(OutOfMemoryError);
      expect(() => run.optimizer.withAverages(() => {})).toThrow(OutOfMemoryError);
    });
    expect(kernels.live).toBe(live);
    kernels.room = Infinity;
    const before = await valuesOf(run);
    run.optimizer.swapAverages();
    run.optimizer.swapAverages();
    expect(await valuesOf(run)).toStrictEqual(before);
  });
});

test('when the first launch of a step fails, the step changes nothing and can be taken again', async () => {
  const { kernels, backend } = failingBackend();
  const run = begin(backend, 1);
  const { live } = kernels;
  kernels.launches = 0;
  await expectUnchanged(run.optimizer, 'A step whose launch fails', () => {
    expect(() => run.optimizer.step()).toThrow(DeviceLostError);
  });
  expect(kernels.live).toBe(live);
  kernels.launches = Infinity;
  for (let update = 1; update < 5; update++) run.optimizer.step();
  expect(await valuesOf(run)).toStrictEqual(await valuesOf(begin(failingBackend().backend, 5)));
});

test('a life that ends in dispose() leaves nothing allocated', async () => {
  const { kernels, backend } = failingBackend();
  const { parameters, optimizer } = begin(backend, 4);
  optimizer.withAverages(() => {});
  optimizer.loadStateDict(await optimizer.stateDict());
  optimizer.step();
  optimizer.dispose();
  for (const parameter of parameters) {
    parameter.grad?.dispose();
    parameter.dispose();
  }
  expect(kernels.live).toBe(0);
});
