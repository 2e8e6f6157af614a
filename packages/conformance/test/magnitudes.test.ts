import type { Parameter, RealArray } from '@asgd/core';
import { describe, expect, test } from 'vitest';
import { magnitudeCases } from '../src/cases/arithmetic/magnitudes.ts';
import { smallestNormal } from '../src/rounding.ts';
import { plainBackend } from './kernels.ts';
import { contextOf } from './small-cases.ts';

/** The values that a case leaves in its parameter. */
async function finalValues(id: string): Promise<RealArray> {
  const item = magnitudeCases.find((candidate) => candidate.id === id);
  if (!item) throw new Error(`There is no case ${id}.`);
  const backend = plainBackend();
  const made: Parameter[] = [];
  const make = backend.parameter.bind(backend);
  backend.parameter = (values, options) => {
    const parameter = make(values, options);
    made.push(parameter);
    return parameter;
  };
  await item.train(contextOf(backend), {});
  return (await made[0]?.read()) ?? new Float32Array(0);
}

describe.each(['float32', 'float64'] as const)('the cases of magnitudes, in %s', (dtype) => {
  const most = dtype === 'float32' ? 2 ** 127 : 2 ** 1023;

  test('stay subnormal where they should', async () => {
    const values = await finalValues(`magnitude/subnormal/plain/${dtype}`);
    const subnormal = values.filter((value) => value !== 0 && Math.abs(value) < smallestNormal[dtype]);
    expect(subnormal.length).toBeGreaterThan(values.length * 0.9);
  });

  test('come near overflow and stay finite', async () => {
    const values = await finalValues(`magnitude/near-overflow/weight-decay/${dtype}`);
    expect(values.every((value) => Number.isFinite(value))).toBe(true);
    expect(Math.max(...values.map(Math.abs))).toBeGreaterThan(most / 8);
  });

  test('reach infinities of both signs and NaN', async () => {
    const values = await finalValues(`magnitude/not-finite/plain/${dtype}`);
    expect(values).toContain(Infinity);
    expect(values).toContain(-Infinity);
    expect(values.some((value) => Number.isNaN(value))).toBe(true);
  });

  test('include zeros of both signs', async () => {
    const values = await finalValues(`magnitude/zeros/plain/${dtype}`);
    expect(values.some((value) => Object.is(value, 0))).toBe(true);
    expect(values.some((value) => Object.is(value, -0))).toBe(true);
  });
});
