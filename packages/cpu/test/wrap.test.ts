import { ASGD, DisposedError } from '@asgd/core';
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
