import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { compare } from '../src/compare.ts';
import { suite } from '../src/suite.ts';
import {
  boundAfter,
  decodeTrace,
  loadVectors,
  raiseScale,
  type StoredTrace,
  withinBound,
} from '../src/vectors.ts';
import { plainCapabilities } from './kernels.ts';

const folder = join(import.meta.dirname, '..', 'vectors');

describe('the vectors', () => {
  test('are the files that the manifest and every report name by their hashes', () => {
    const files = readdirSync(folder).filter((name) => name.endsWith('.json') && name !== 'manifest.json');
    const hashes = files.map((name) => [
      name,
      createHash('sha256')
        .update(readFileSync(join(folder, name)))
        .digest('hex'),
    ]);
    expect(Object.fromEntries(hashes)).toStrictEqual(suite.vectors);
  });

  test('have a value for every real, and a record for every step', async () => {
    for (const { dtype, traces } of await loadVectors()) {
      for (const stored of traces) {
        const trace = decodeTrace(stored, dtype);
        expect(trace.recorded).toHaveLength(trace.steps.length);
        for (const [index, { initial, shape, dtype: own }] of trace.parameters.entries()) {
          const reals = shape.reduce((size, extent) => size * extent, own.startsWith('complex') ? 2 : 1);
          expect(initial).toHaveLength(reals);
          for (const record of trace.recorded) expect(record[index]?.values).toHaveLength(reals);
        }
      }
    }
  });
});

describe('a stored trace', () => {
  const stored: StoredTrace = {
    id: 'made-up',
    groups: [{ parameters: [0, 1], options: { lr: 0.5 } }],
    parameters: [
      { shape: [2], initial: 'AACAPwAAgL8=' },
      { shape: [0], initial: '' },
    ],
    steps: [
      {
        gradients: ['AAAAgAAAwH8=', ''],
        parameters: ['AACAPwAAgL8=', ''],
        state: [{ step: 1, eta: 0.5, mu: 1, ax: 'AACAPwAAgL8=' }, null],
      },
    ],
  };

  test('is read bit for bit, with -0, NaN and empty arrays', () => {
    const trace = decodeTrace(stored, 'float32');
    expect(trace.parameters[0]?.initial).toStrictEqual(Float32Array.of(1, -1));
    expect(trace.steps[0]?.gradients[0]).toStrictEqual(Float32Array.of(-0, Number.NaN));
    expect(trace.steps[0]?.gradients[1]).toStrictEqual(new Float32Array(0));
    expect(trace.recorded[0]?.[0]?.state?.ax).toStrictEqual(Float32Array.of(1, -1));
    expect(trace.recorded[0]?.[1]?.state).toBeNull();
  });

  test('takes the bytes as float64 in a file of that dtype', () => {
    const [initial] = decodeTrace(
      { ...stored, parameters: [{ shape: [1], initial: 'AAAAAAAA8L8=' }], steps: [] },
      'complex128',
    ).parameters.map((parameter) => parameter.initial);
    expect(initial).toStrictEqual(Float64Array.of(-1));
  });
});

describe('the bound on the distance from PyTorch', () => {
  function accepts(actual: number, recorded: number, scale: number, bound: number): boolean {
    const requirement = withinBound(Float32Array.of(recorded), Float64Array.of(scale), bound);
    return requirement.accepts(0, Math.fround(actual));
  }

  test('is zero for a backend that never fuses, and grows with the step for one that may', () => {
    expect(boundAfter(100, plainCapabilities)).toBe(0);
    expect(boundAfter(1, { ...plainCapabilities, contraction: 'may' })).toBe(4);
    expect(boundAfter(5, { ...plainCapabilities, contraction: 'may' })).toBe(20);
  });

  test('is in ulp of the scale, not of the value', () => {
    expect(accepts(1 + 2 ** -22, 1, 1, 2)).toBe(true);
    expect(accepts(1 + 3 * 2 ** -23, 1, 1, 2)).toBe(false);
    expect(accepts(1 + 2 ** -18, 1, 32, 1)).toBe(true);
    expect(accepts(1 + 2 ** -17, 1, 32, 1)).toBe(false);
  });

  test('never accepts a zero, infinity or NaN for another number', () => {
    for (const [actual, recorded] of [
      [0, -0],
      [-0, 0],
      [Infinity, -Infinity],
      [Number.NaN, 1],
      [1, Number.NaN],
      [3e38, Infinity],
    ] as const) {
      expect(accepts(actual, recorded, 1, 1e9)).toBe(false);
    }
    expect(accepts(Number.NaN, Number.NaN, 1, 0)).toBe(true);
    expect(accepts(-Infinity, -Infinity, 1, 0)).toBe(true);
  });

  test('is infinitely far from NaN', () => {
    const requirement = withinBound(Float32Array.of(1), Float64Array.of(1), 4);
    expect(requirement.ulp?.(0, Number.NaN)).toBe(Infinity);
  });

  test('takes the largest finite magnitude so far as the scale', () => {
    const scale = new Float64Array(3);
    raiseScale(scale, Float32Array.of(-8, 1, Infinity));
    raiseScale(scale, Float32Array.of(2, -3, Number.NaN));
    expect(scale).toStrictEqual(Float64Array.of(8, 3, 0));
  });

  test('is named by the error, with what PyTorch has', () => {
    const requirement = withinBound(Float32Array.of(1), Float64Array.of(1), 4);
    expect(() => compare('parameter 0 after step 1', Float32Array.of(2), requirement, () => {})).toThrow(
      "at index 0 expected 1 ± 4.76837158203125e-7 (PyTorch's), got 2",
    );
  });
});
