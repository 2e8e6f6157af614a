import type { HostScalars, StepBatch, StepItem } from '@asgd/core';
import { describe, expect, test } from 'vitest';
import { type Engine, startEngine } from '../src/engine.ts';
import type { Storage } from '../src/memory.ts';
import { makePlan, readPart } from '../src/plan.ts';

type Item = StepItem<Storage>;

const start = (): Promise<Engine> => startEngine({ threads: 1, memory: undefined, heap: undefined });

/** The length in bytes, and the address of the parameter, of each tensor in the plan. */
function tensorsOf(items: readonly Item[]): { readonly bytes: number; readonly parameter: number }[] {
  const parts = makePlan(batchOf(items)).map(readPart);
  return parts.flatMap(({ tensors }) => tensors.map(({ bytes, parameter }) => ({ bytes, parameter })));
}

function batchOf(items: readonly Item[]): StepBatch<Storage> {
  return { dtype: 'float32', averaging: 'blend', items };
}

const scalars: HostScalars = { on: 'host', decay: 1, eta: 1, mu: 0.5, weightDecay: 0, sign: 1 };

/** Items of these lengths, parameters, gradients and averages each side by side in memory. */
function makeItems({ tensors }: Engine, lengths: readonly number[]): Item[] {
  const [parameters, gradients, averages] = [1, 2, 3].map((value) =>
    lengths.map((length) => {
      const storage = tensors.allocate('float32', length);
      tensors.view(storage).fill(value);
      return storage;
    }),
  );
  return lengths.map((length, index) => ({
    parameter: parameters?.[index] as Storage,
    gradient: gradients?.[index] as Storage,
    average: averages?.[index] as Storage,
    length,
  }));
}

describe('neighbors in memory', () => {
  test('are updated as one tensor, whatever their lengths', async () => {
    const items = makeItems(await start(), [16, 1, 100, 33]);
    const [first] = items;
    expect(tensorsOf(items)).toStrictEqual([
      { bytes: 64 + 64 + 448 + 33 * 4, parameter: first?.parameter.address },
    ]);
  });

  test('are updated right, and nothing behind the last of them is', async () => {
    const engine = await start();
    const items = makeItems(engine, [16, 1, 100, 33]);
    engine.update(makePlan(batchOf(items)), scalars);
    for (const { parameter, gradient, average } of items) {
      const values = [parameter, gradient, average as Storage].map((storage) => engine.tensors.view(storage));
      expect(values.map((all) => new Set(all))).toStrictEqual([new Set([-1]), new Set([2]), new Set([1])]);
    }
  });

  test.each(['parameter', 'gradient', 'average'] as const)(
    'are updated apart when only their %ss are not',
    async (which) => {
      const [first, second, third] = makeItems(await start(), [16, 16, 16]) as [Item, Item, Item];
      expect(tensorsOf([first, second])).toHaveLength(1);
      expect(tensorsOf([first, { ...second, [which]: third[which] }])).toHaveLength(2);
    },
  );

  test('that share a gradient are updated apart', async () => {
    const [first, second] = makeItems(await start(), [16, 16]) as [Item, Item];
    expect(tensorsOf([first, { ...second, gradient: first.gradient }])).toHaveLength(2);
  });

  test('that were wrapped are only if nothing is between them', async () => {
    const { tensors } = await start();
    const whole = tensors.view(tensors.allocate('float32', 60));
    const wrapped = (from: number, to: number): Storage =>
      tensors.wrap(whole.subarray(from, to), undefined).storage;
    const item = (at: number): Item => ({
      parameter: wrapped(at, at + 3),
      gradient: wrapped(20 + at, 23 + at),
      average: null,
      length: 3,
    });
    expect(tensorsOf([item(0), item(3)])).toMatchObject([{ bytes: 24 }]);
    expect(tensorsOf([item(0), item(4)])).toMatchObject([{ bytes: 12 }, { bytes: 12 }]);
  });
});
