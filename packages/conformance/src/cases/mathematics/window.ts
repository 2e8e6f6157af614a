import { ASGD, type Backend, type RealDType } from '@asgd/core';
import type { Case } from '../../case.ts';
import { expect } from '../expect.ts';

// Which iterates enter the average. The parameter counts its updates, so the iterates are 1, 2, 3, …, all exact.

const spec = 'Averaging';
const updates = 12;

/**
 * For an integer t0 ≥ −1, the average after update s is the mean of iterates t0 + 2 … s; for smaller s, it is iterate s
 * itself. An average that begins one update early or late, or leaves one out, is off by half an iterate or more.
 */
async function checkMeans(backend: Backend, dtype: RealDType, t0: number): Promise<void> {
  const averages = await averagesOfCounting(backend, dtype, t0);
  averages.forEach((average, index) => {
    const update = index + 1;
    const first = Math.min(update, t0 + 2);
    expectNear(average, (first + update) / 2, update, t0);
  });
}

/** A fractional t0 of 2.5 weights the iterates of updates 5, 6, 7, … by 1/1.5, 1/2.5, 1/3.5, … */
async function checkFraction(backend: Backend, dtype: RealDType): Promise<void> {
  const t0 = 2.5;
  const averages = await averagesOfCounting(backend, dtype, t0);
  let mean = 0;
  averages.forEach((average, index) => {
    const update = index + 1;
    mean += (update - mean) / (update <= 4 ? 1 : update - 1 - t0);
    expectNear(average, mean, update, t0);
  });
}

/**
 * Each update rounds mu to 24 bits, and three operations on numbers up to `updates`. Together that is less than 4
 * parts in 2^24 of `updates`, and earlier errors shrink.
 */
function expectNear(average: number, expected: number, update: number, t0: number): void {
  const bound = 4 * updates * updates * 2 ** -24;
  expect(
    Math.abs(average - expected) <= bound,
    `With t0 ${t0}, the average after update ${update} is ${average}; expected ${expected} ± ${bound}.`,
  );
}

/** The average after each update of a parameter that goes 0, 1, 2, 3, … */
async function averagesOfCounting(
  backend: Backend,
  dtype: RealDType,
  t0: number,
): Promise<readonly number[]> {
  const parameter = backend.parameter([0], { dtype });
  parameter.grad = backend.tensor([-1], { dtype });
  const optimizer = new ASGD([parameter], { lr: 1, lambd: 0, t0 });
  const averages: number[] = [];
  for (let update = 1; update <= updates; update++) {
    optimizer.step();
    const [average = Number.NaN] = await optimizer.averageOf(parameter).read();
    averages.push(average);
  }
  return averages;
}

export const windows: readonly Case[] = (['float32', 'float64'] as const).flatMap((dtype) => [
  ...[-1, 0, 1, 2, 5, 1e6].map((t0): Case => ({
    id: `mathematics/window/t0=${t0}/${dtype}`,
    spec,
    needs: { dtypes: [dtype] },
    run: ({ backend }) => checkMeans(backend, dtype, t0),
  })),
  {
    id: `mathematics/window/t0=2.5/${dtype}`,
    spec,
    needs: { dtypes: [dtype] },
    run: ({ backend }) => checkFraction(backend, dtype),
  },
]);
