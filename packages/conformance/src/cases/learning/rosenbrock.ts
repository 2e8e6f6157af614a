import { ASGD, type Backend, type DType, type Options, type Parameter } from '@asgd/core';
import type { Case } from '../../case.ts';
import { realOf } from '../../rounding.ts';
import { complexDTypes } from '../arithmetic/traces.ts';
import { expect } from '../expect.ts';

// Minimizes the modulus of Rosenbrock's function of two complex numbers, once over complex tensors and once with their
// real and imaginary parts in separate tensors.

const steps = 3;
const start: readonly number[] = [0.5, -0.25, -0.75, 1];

const inputs: Readonly<Record<string, Partial<Options>>> = {
  defaults: {},
  averaging: { t0: -1, lambd: 0.1 },
  'weight-decay+maximize': { weightDecay: 0.1, maximize: true },
};

/** A complex number. */
type Pair = readonly [re: number, im: number];

function times([a, b]: Pair, [c, d]: Pair): Pair {
  return [a * c - b * d, a * d + b * c];
}

function plus([a, b]: Pair, [c, d]: Pair, factor: number): Pair {
  return [a + factor * c, b + factor * d];
}

/**
 * The gradient of |f|, f(x, y) = (1 − x)² + 100·(y − x²)². Since f is holomorphic, the derivatives with respect to the
 * real and imaginary parts of x are the parts of f·conj(∂f/∂x)/|f|.
 */
function gradientAt(values: ArrayLike<number>): readonly number[] {
  const [x, y] = [
    [values[0] ?? NaN, values[1] ?? NaN],
    [values[2] ?? NaN, values[3] ?? NaN],
  ] as const;
  const offset = plus([1, 0], x, -1);
  const valley = plus(y, times(x, x), -1);
  const f = plus(times(offset, offset), times(valley, valley), 100);
  const byX = plus(plus([0, 0], offset, -2), times(x, valley), -400);
  const byY = plus([0, 0], valley, 200);
  const modulus = Math.hypot(...f);
  return [byX, byY].flatMap(([re, im]) => times(f, [re, -im]).map((part) => part / modulus));
}

/** Every step starts from the same point, so that differences cannot grow. */
async function check(backend: Backend, dtype: DType, options: Partial<Options>): Promise<void> {
  const real = realOf(dtype);
  const make = (indices: readonly number[], kind: DType): Parameter =>
    backend.parameter(
      indices.map((index) => start[index] ?? NaN),
      { dtype: kind },
    );
  const whole = make([0, 1, 2, 3], dtype);
  const [re, im] = [make([0, 2], real), make([1, 3], real)];
  const [complexes, parts] = [
    new ASGD([whole], { lr: 1e-3, ...options }),
    new ASGD([re, im], { lr: 1e-3, ...options }),
  ];
  for (let step = 1; step <= steps; step++) {
    const gradient = gradientAt(await whole.read());
    whole.grad = backend.tensor(gradient, { dtype });
    re.grad = backend.tensor([gradient[0] ?? NaN, gradient[2] ?? NaN], { dtype: real });
    im.grad = backend.tensor([gradient[1] ?? NaN, gradient[3] ?? NaN], { dtype: real });
    complexes.step();
    parts.step();
    const join = async (
      of: (parameter: Parameter) => Promise<ArrayLike<number>>,
    ): Promise<readonly number[]> => {
      const [reals, imaginaries] = [await of(re), await of(im)];
      return Array.from(reals, (value, index) => [value, imaginaries[index] ?? NaN]).flat();
    };
    expectAlike(
      await whole.read(),
      await join((parameter) => parameter.read()),
      backend,
      `parts, step ${step}`,
    );
    const average = await complexes.averageOf(whole).read();
    const averages = await join((parameter) => parts.averageOf(parameter).read());
    expectAlike(average, averages, backend, `averages, step ${step}`);
    const values = await whole.read();
    re.write([values[0] ?? NaN, values[2] ?? NaN]);
    im.write([values[1] ?? NaN, values[3] ?? NaN]);
  }
}

/** Fails unless the bits are the same, or the values nearly the same on a backend that may fuse products. */
function expectAlike(
  actual: ArrayLike<number>,
  expected: readonly number[],
  { capabilities }: Backend,
  what: string,
): void {
  const bound = capabilities.contraction === 'never' ? 0 : 2 ** -20;
  const isAlike = expected.every((value, index) => Math.abs((actual[index] ?? NaN) - value) <= bound);
  expect(isAlike, `The complex ${what}: ${Array.from(actual).join()}; expected ${expected.join()}.`);
}

export const rosenbrock: readonly Case[] = complexDTypes.flatMap((dtype) =>
  Object.entries(inputs).map(([name, options]) => ({
    id: `learning/complex-rosenbrock/${name}/${dtype}`,
    spec: 'Tensors',
    needs: { dtypes: [dtype] },
    run: ({ backend }) => check(backend, dtype, options),
  })),
);
