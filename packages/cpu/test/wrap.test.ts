import { ArgumentError, ASGD, DisposedError, DTypeError } from '@asgd/core';
import { cpu } from '@asgd/cpu';
import { describe, expect, test } from 'vitest';

describe('wrapped memory that is taken away', () => {
  test.each(['parameter', 'gradient'] as const)(
    'is refused as the %s, and nothing has changed',
    async (what) => {
      const backend = await cpu();
      const arrays = { parameter: new Float32Array([1, 2]), gradient: new Float32Array([3, 4]) };
      const parameter = backend.wrap(arrays.parameter);
      parameter.grad = backend.wrap(arrays.gradient);
      const beside = backend.parameter([5]);
      beside.grad = backend.tensor([1]);
      const optimizer = new ASGD([beside, parameter], { lr: 1, lambd: 0 });
      optimizer.step();
      const taken = what === 'parameter' ? parameter : parameter.grad;
      const kept = arrays[what === 'parameter' ? 'gradient' : 'parameter'].slice();
      structuredClone(arrays[what], { transfer: [arrays[what].buffer] });

      expect(() => optimizer.step()).toThrow(DisposedError);
      expect(await beside.read()).toStrictEqual(new Float32Array([4]));
      expect(arrays[what === 'parameter' ? 'gradient' : 'parameter']).toStrictEqual(kept);
      await expect(taken.read()).rejects.toThrow(/transferred or resized/);
      expect(() => taken.write([1, 2])).toThrow(DisposedError);
      expect(() => taken.view()).toThrow(DisposedError);
      await backend.close();
    },
  );
});

/** Node has other realms; its types are not among this package's. */
const { process: node } = globalThis as unknown as {
  process: { getBuiltinModule(name: 'node:vm'): { runInNewContext(code: string): Float32Array } };
};

describe('what wrap() is given', () => {
  test('may be an array of another realm', async () => {
    const backend = await cpu();
    const values = node.getBuiltinModule('node:vm').runInNewContext('new Float32Array([1, 2])');
    const weight = backend.wrap(values);
    weight.grad = backend.tensor([1, -1]);
    new ASGD([weight], { lr: 1, lambd: 0 }).step();
    expect([...values]).toStrictEqual([0, 3]);
    await backend.close();
  });

  test.each([
    [[1, 2], {}, ArgumentError, 'wrap() was given [1, 2]: expected a Float32Array or a Float64Array'],
    [new Int32Array(2), {}, ArgumentError, 'expected a Float32Array or a Float64Array'],
    [undefined, {}, ArgumentError, 'wrap() was given undefined: expected a Float32Array or a Float64Array'],
    [
      new Float32Array(2),
      { dtype: 'float64' },
      DTypeError,
      "wrap() was given a Float32Array with dtype: 'float64': expected a Float64Array",
    ],
  ] as const)(
    'is refused with what it was, what was expected and what to do: %o',
    async (source, options, Failure, message) => {
      const backend = await cpu();
      // @ts-expect-error -- as from JavaScript
      const wrap = (): unknown => backend.wrap(source, options);
      expect(wrap).toThrow(Failure);
      expect(wrap).toThrow(message);
      await backend.close();
    },
  );
});
