import type { Backend } from '@asgd/core';
import type { Case, Context } from '../../case.ts';
import { Random } from '../../random.ts';
import { ulpOf } from '../../rounding.ts';
import { define } from '../define.ts';
import { expect } from '../expect.ts';
import {
  type Course,
  courseOf,
  type Derivatives,
  derivativesOf,
  type Problem,
  type Vector,
} from './problem.ts';

// Compares derivatives with differences of the loss, in float64, from runs that are not differentiated. The loss is
// affine in parameters, averages and gradients. In weightDecay it is a polynomial whose degree is at most the number of
// steps, and so it is in lr and lambd while eta is lr: there the differences are exact except for rounding. Elsewhere
// they also contain higher derivatives, and the rounding of eta to float32, which a derivative ignores.

const steps = 4;

const busy = { lr: 0.25, lambd: 0.5, weightDecay: 0.25, t0: 0 } as const;

const problems: Readonly<Record<string, Problem>> = {
  // eta is lr, and a float32 at every distance.
  'eta=lr': problem('eta=lr', { options: { ...busy, alpha: 0 } }),
  schedule: problem('schedule', { options: { ...busy, alpha: 0.75 } }),
  'before-averaging': problem('before-averaging', { options: { ...busy, alpha: 1, t0: 1e6 } }),
  maximize: problem('maximize', { options: { ...busy, alpha: 0.5, t0: -1, maximize: true } }),
  started: problem('started', {
    options: { ...busy, t0: 1 },
    start: { step: 4, eta: 0.1875, mu: 0.25, ax: draw('started/ax', 3) },
  }),
  'through-gradients': problem('through-gradients', {
    options: { ...busy, alpha: 0 },
    hessian: [
      [1, 0.5, 0],
      [0.5, -0.5, 0.25],
      [0, 0.25, 0.75],
    ],
  }),
};

function problem(seed: string, given: Pick<Problem, 'options' | 'hessian' | 'start'>): Problem {
  return {
    ...given,
    initial: draw(`${seed}/initial`, 3),
    gradients: Array.from({ length: steps }, (_, step) => draw(`${seed}/${step}`, 3)),
    loss: { parameter: draw(`${seed}/c`, 3), average: draw(`${seed}/d`, 3) },
  };
}

function draw(seed: string, length: number): Vector {
  return [...new Random(seed).fill('float64', length, (random) => random.magnitude(-1, 1))];
}

/** An input of the loss. */
interface Direction {
  readonly name: string;
  /** The optimizer's derivative with respect to it. */
  of(derivatives: Derivatives): number;
  /** The problem with that input changed. */
  moved(by: number): Problem;
  readonly dependence: 'affine' | 'polynomial' | 'smooth';
}

function directionsOf(given: Problem): readonly Direction[] {
  const { options, initial, gradients, start } = given;
  const along = (
    name: string,
    values: Vector,
    of: (derivatives: Derivatives) => Vector | undefined,
    changed: (vector: Vector) => Problem,
  ): readonly Direction[] =>
    values.map((value, index) => ({
      name: `${name}, element ${index}`,
      of: (derivatives) => of(derivatives)?.[index] ?? NaN,
      moved: (by) => changed(values.with(index, value + by)),
      dependence: 'affine',
    }));
  const option = (name: 'lr' | 'lambd' | 'weightDecay'): Direction => ({
    name,
    of: (derivatives) => derivatives.options[name],
    moved: (by) => ({ ...given, options: { ...options, [name]: Number(options[name]) + by } }),
    dependence: name === 'weightDecay' || options.alpha === 0 ? 'polynomial' : 'smooth',
  });
  return [
    ...along(
      'the parameter',
      initial,
      ({ parameter }) => parameter,
      (moved) => ({ ...given, initial: moved }),
    ),
    ...gradients.flatMap((gradient, step) =>
      along(
        `step ${step + 1}'s gradient`,
        gradient,
        (derivatives) => derivatives.gradients[step],
        (moved) => ({ ...given, gradients: gradients.with(step, moved) }),
      ),
    ),
    ...(start
      ? along(
          'the average',
          start.ax,
          ({ average }) => average,
          (ax) => ({ ...given, start: { ...start, ax } }),
        )
      : []),
    ...(['lr', 'lambd', 'weightDecay'] as const).map(option),
  ];
}

/** A difference of losses, and how far from the derivative it may be. */
interface Difference {
  readonly value: number;
  readonly error: number;
}

async function differenceAlong(direction: Direction, given: Problem, backend: Backend): Promise<Difference> {
  const lossAt = async (by: number): Promise<number> => (await courseOf(backend, direction.moved(by))).loss;
  // Distances that keep every number exact. An affine dependence allows any; the others keep options in their range.
  const near = direction.dependence === 'affine' ? 1 : 2 ** -6;
  const coarse = await difference(lossAt, 2 * near);
  const fine = await difference(lossAt, near);
  const course = await courseOf(backend, given);
  // The weights of the losses in a difference add up to 1.5.
  const rounding = (1.5 / near) * lossRounding(given);
  if (direction.dependence !== 'smooth') return { value: fine, error: rounding };
  // The neglected terms grow 16-fold when the distance doubles, so they are smaller than the change that this makes.
  const leftOut = Math.abs(coarse - fine);
  return { value: fine, error: rounding + (1.5 / near) * etaRounding(given, course) + leftOut };
}

/** Exact for polynomials of degree four. */
async function difference(lossAt: (by: number) => Promise<number>, h: number): Promise<number> {
  const near = (await lossAt(h)) - (await lossAt(-h));
  const far = (await lossAt(2 * h)) - (await lossAt(-2 * h));
  return (8 * near - far) / (12 * h);
}

/** How much rounding may change a loss: 4 ulp per step, of numbers that stay below 32. */
function lossRounding({ loss }: Problem): number {
  const weights = [...loss.parameter, ...loss.average].reduce((sum, weight) => sum + Math.abs(weight), 0);
  return weights * 4 * (steps + 1) * ulpOf('float64', 32);
}

/** How much the rounding of eta to float32 may change a loss. Later steps shrink the change. */
function etaRounding({ options, loss }: Problem, { parameters, gradients, etas }: Course): number {
  const decay = Number(options.lambd) + Number(options.weightDecay);
  let sum = 0;
  for (const [step, eta] of etas.entries()) {
    for (const [index, p] of (parameters[step] ?? []).entries()) {
      const weight = Math.abs(loss.parameter[index] ?? NaN) + Math.abs(loss.average[index] ?? NaN);
      const move = decay * Math.abs(p) + Math.abs(gradients[step]?.[index] ?? NaN);
      sum += eta * 2 ** -24 * weight * move;
    }
  }
  // At other points, they are a little larger.
  return 2 * sum;
}

async function check({ backend }: Context, given: Problem): Promise<void> {
  const derivatives = await derivativesOf(backend, given);
  for (const direction of directionsOf(given)) {
    const { value, error } = await differenceAlong(direction, given, backend);
    expect(
      error < 2 ** -10,
      `The difference with respect to ${direction.name} is too coarse to prove anything: ${error}.`,
    );
    const found = direction.of(derivatives);
    expect(
      Math.abs(found - value) <= error,
      `The derivative with respect to ${direction.name} is ${found}; the difference of losses is ${value} ± ${error}.`,
    );
  }
}

export const finiteDifferenceCases: readonly Case[] = Object.entries(problems).map(([name, given]) =>
  define(
    `differentiating/finite-differences/${name}`,
    'Differentiating',
    (context) => check(context, given),
    {
      dtypes: ['float64'],
    },
  ),
);
