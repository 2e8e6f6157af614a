import type { RealArray } from '@asgd/core';
import { describe, expect, test } from 'vitest';
import { MismatchError } from '../src/compare.ts';
import { atOddOffsets, inChunks } from '../src/placement.ts';
import { Random } from '../src/random.ts';
import { plainBackend } from './kernels.ts';

function ramp(length: number): RealArray {
  return Float32Array.from({ length }, (_, index) => index + 1);
}

describe('a parameter in chunks', () => {
  test.each([0, 1, 2, 3, 4, 5, 17, 64])(
    'holds all %i elements in order, and so do its gradients',
    async (length) => {
      const { parameters, setGradient } = inChunks(plainBackend(), {
        dtype: 'float32',
        shape: [length],
        initial: ramp(length),
      });
      const pieces = await Promise.all(parameters.map((parameter) => parameter.read()));
      expect(pieces.flatMap((piece) => [...piece])).toStrictEqual([...ramp(length)]);
      expect(parameters.length).toBeGreaterThanOrEqual(Math.min(length, 3));

      setGradient(ramp(length));
      const gradients = await Promise.all(
        parameters.map(async ({ grad }) => (await grad?.read()) ?? new Float32Array(0)),
      );
      expect(gradients.flatMap((gradient) => [...gradient])).toStrictEqual([...ramp(length)]);
    },
  );

  test('never cuts a complex element in two', () => {
    const { parameters } = inChunks(plainBackend(), { dtype: 'complex64', shape: [3], initial: ramp(6) });
    expect(parameters.map(({ length }) => length)).toStrictEqual([1, 1, 1]);
  });
});

describe('a parameter at an odd offset', () => {
  const specs = [0, 1, 2, 5, 8].map((length) => ({
    dtype: 'float32' as const,
    shape: [length],
    initial: ramp(length),
  }));

  test.each(specs)('shares its storage with its gradient, each at an odd index: $shape', async (spec) => {
    const { parameters, setGradient } = atOddOffsets(plainBackend(), spec);
    setGradient(spec.initial);
    const [parameter] = parameters;
    const views = [parameter?.view(), parameter?.grad?.view()];
    for (const view of views) {
      expect(view?.byteOffset).toSatisfy((offset: number) => (offset / 4) % 2 === 1);
      expect([...(view ?? [])]).toStrictEqual([...spec.initial]);
    }
    expect(views[0]?.buffer).toBe(views[1]?.buffer);
  });

  test('is surrounded by numbers that must survive', () => {
    for (const [outside, message] of [
      [-1, 'index 0'],
      [5, 'index 6'],
    ] as const) {
      const initial = ramp(5);
      const placed = atOddOffsets(plainBackend(), { dtype: 'float32', shape: [5], initial });
      placed.setGradient(initial);
      const view = placed.parameters[0]?.view();
      expect(() => placed.checkSurroundings()).not.toThrow();
      new Float32Array(view?.buffer ?? new ArrayBuffer(0))[(view?.byteOffset ?? 0) / 4 + outside] = 3;
      expect(() => placed.checkSurroundings()).toThrow(MismatchError);
      expect(() => placed.checkSurroundings()).toThrow(message);
    }
  });

  test('notices a gradient that was written to', () => {
    const placed = atOddOffsets(plainBackend(), {
      dtype: 'float64',
      shape: [2],
      initial: Float64Array.of(1, 2),
    });
    placed.setGradient(Float64Array.of(3, 4));
    placed.parameters[0]?.grad?.write([3, 5]);
    expect(() => placed.checkSurroundings()).toThrow(MismatchError);
  });
});

describe('random numbers', () => {
  test('are the same for the same seed, and others for another', () => {
    const draw = (seed: string): readonly number[] => {
      const random = new Random(seed);
      return Array.from({ length: 5 }, () => random.fraction());
    };
    expect(draw('a')).toStrictEqual(draw('a'));
    expect(draw('a')).not.toStrictEqual(draw('b'));
  });

  test('have the requested magnitude, both signs and all bits of a mantissa', () => {
    const random = new Random('magnitudes');
    const numbers = Array.from({ length: 1000 }, () => random.magnitude(-3, 2));
    expect(Math.min(...numbers.map(Math.abs))).toBeGreaterThanOrEqual(2 ** -3);
    expect(Math.max(...numbers.map(Math.abs))).toBeLessThan(4);
    expect(numbers.filter((number) => number < 0).length).toBeGreaterThan(400);
    expect(numbers.filter((number) => Math.fround(number) !== number).length).toBeGreaterThan(990);
    expect(random.fill('float32', 100, () => random.magnitude(-3, 2))).toBeInstanceOf(Float32Array);
  });
});
