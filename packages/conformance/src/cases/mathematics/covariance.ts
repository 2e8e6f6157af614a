import { ASGD, type Backend, type Parameter, type RealArray, type RealDType } from '@asgd/core';
import type { Case } from '../../case.ts';
import { zeros } from '../../rounding.ts';
import { expect } from '../expect.ts';
import { randomBits } from '../random.ts';

// The result of Polyak and Juditsky (1992), on the quadratic f(x) = ½ (x − x*)ᵀ H (x − x*), whose gradients have noise
// of covariance S. With steps that shrink like t^-α, ½ < α < 1, the covariance of √t · (average − x*) approaches
// H⁻¹SH⁻¹, the least that any method can reach. That of √t · (last iterate − x*) grows without bound.
//
// H is diagonal, as a rotation makes any quadratic, so that the optimizer computes H·x itself: coordinate i is a
// parameter in a group of its own, with H[i] = weightDecay + lambd. The rest of the gradient, the noise and −H·x*,
// does not depend on x, so nothing has to be read back until the end.

const lr = 0.4;
const lambd = 0.02;
const alpha = 0.75;
const curvatures = [1, 2, 4] as const;
const optimum = [1, -2, 3] as const;

/** The noise is L·z, where z is three independent signs; S = L·Lᵀ. */
const noise = [
  [1, 0, 0],
  [0.5, 1, 0],
  [-0.5, 0.5, 1],
] as const;

const updates = 1000;

/** Independent repetitions; the covariance is estimated over them. */
const replicas = 4096;

const spec = 'Averaging';

/**
 * The requirement on the average: |t·Ĉ − H⁻¹SH⁻¹| ≤ |t·C − H⁻¹SH⁻¹| + 5σ for every entry.
 *
 * C is the exact covariance after t updates, from the recursion below. The case checks that it is within 4 % of its
 * limit here. Ĉ is its estimate from R replicas, and σ the standard error of that: the mean of R products u·v of sums
 * of independent signs has variance (Cuu·Cvv + Cuv² + κ)/R. Signs have κ < 0, so the first two terms bound it, as for
 * normal variables. 5σ is then 11 % of the diagonal.
 *
 * The covariance of the last iterate is tens of times larger, which is checked too. So is that of an average that
 * forgets: one over the last k iterates, or with exponential weights. An average that stands still has too little, and
 * one that does not start from x* is off by t times the square of its bias.
 */
async function checkCovariances(backend: Backend, dtype: RealDType): Promise<void> {
  const run = await descend(backend, dtype);
  for (let i = 0; i < curvatures.length; i++) {
    for (let j = 0; j <= i; j++) {
      const name = `t·Cov[${i}, ${j}]`;
      const limit = at(limits, i, j);
      const exact = at(exactCovariances, i, j);
      const scale = Math.sqrt(at(limits, i, i) * at(limits, j, j));
      expect(
        Math.abs(exact - limit) < 0.04 * scale,
        `${name} should be ${exact} by theory, far from ${limit}.`,
      );
      const error = Math.sqrt(
        (at(exactCovariances, i, i) * at(exactCovariances, j, j) + exact ** 2) / replicas,
      );
      const bound = Math.abs(exact - limit) + 5 * error;
      const averaged = updates * momentOf(run.averages, i, j);
      expect(
        Math.abs(averaged - limit) <= bound,
        `${name} of the average is ${averaged} after ${updates} updates; expected ${limit} ± ${bound}.`,
      );
      if (i !== j) continue;
      const last = updates * momentOf(run.iterates, i, i);
      expect(
        last > 10 * limit,
        `${name} of the last iterate is ${last}; expected more than ten times ${limit}.`,
      );
    }
  }
}

/** H⁻¹SH⁻¹. */
const limits = matrix((i, j) => noiseCovariance(i, j) / (curvature(i) * curvature(j)));

/** t·C after the last update, from the moments of the linear recursion that the errors follow, starting from 0. */
const exactCovariances = matrix((i, j) => {
  // With e the error of the iterate and a that of the average: E[ei·ej], E[ei·aj], E[ai·ej], E[ai·aj].
  let [ee, ea, ae, aa] = [0, 0, 0, 0];
  for (let t = 1; t <= updates; t++) {
    const eta = lr / (1 + lambd * lr * (t - 1)) ** alpha;
    const qi = 1 - eta * curvature(i);
    const qj = 1 - eta * curvature(j);
    const mu = 1 / t;
    const next = qi * qj * ee + eta ** 2 * noiseCovariance(i, j);
    const [nextEa, nextAe] = [(1 - mu) * qi * ea + mu * next, (1 - mu) * qj * ae + mu * next];
    aa = (1 - mu) ** 2 * aa + mu * (1 - mu) * (qi * ea + qj * ae) + mu ** 2 * next;
    [ee, ea, ae] = [next, nextEa, nextAe];
  }
  return updates * aa;
});

interface Errors {
  /** For each coordinate, its distance from the optimum in every replica. */
  readonly iterates: readonly RealArray[];
  readonly averages: readonly RealArray[];
}

/** Trains all replicas from the optimum through all updates, averaging from the first (t0 = −1). */
async function descend(backend: Backend, dtype: RealDType): Promise<Errors> {
  const parameters = curvatures.map((_, i) => filled(backend, dtype, optimum[i] ?? 0));
  const gradients = curvatures.map(() => filled(backend, dtype, 0));
  parameters.forEach((parameter, i) => (parameter.grad = gradients[i] ?? null));
  const groups = parameters.map((parameter, i) => ({
    params: [parameter],
    weightDecay: curvature(i) - lambd,
  }));
  const optimizer = new ASGD(groups, { lr, lambd, alpha, t0: -1 });
  const draw = noiseSource();
  const values = gradients.map(() => zeros(dtype, replicas));
  for (let t = 0; t < updates; t++) {
    draw(values);
    gradients.forEach((gradient, i) => gradient.write(values[i] ?? []));
    optimizer.step();
  }
  const errorOf = async (read: Promise<RealArray>, i: number): Promise<RealArray> =>
    (await read).map((value) => value - (optimum[i] ?? 0));
  return {
    iterates: await Promise.all(parameters.map((parameter, i) => errorOf(parameter.read(), i))),
    averages: await Promise.all(
      parameters.map((parameter, i) => errorOf(optimizer.averageOf(parameter).read(), i)),
    ),
  };
}

function filled(backend: Backend, dtype: RealDType, value: number): Parameter {
  return backend.parameter(new Float64Array(replicas).fill(value), { dtype });
}

/** Fills the gradient of each coordinate with noise − H·x*, for the next update. */
function noiseSource(): (gradients: readonly RealArray[]) => void {
  const bits = randomBits(1992);
  // Three random bits choose one of eight combinations of signs, and so one of eight values of the noise.
  const table = curvatures.map((_, i) =>
    Float64Array.from(
      { length: 8 },
      (_, signs) =>
        at(noise, i, 0) * signOf(signs, 0) +
        at(noise, i, 1) * signOf(signs, 1) +
        at(noise, i, 2) * signOf(signs, 2) -
        curvature(i) * (optimum[i] ?? 0),
    ),
  );
  const chosen = new Uint8Array(replicas);
  return (gradients) => {
    for (let replica = 0; replica < replicas; replica++) chosen[replica] = bits() >>> 29;
    gradients.forEach((gradient, i) => {
      const noises = table[i];
      for (let replica = 0; replica < replicas; replica++) {
        gradient[replica] = noises?.[chosen[replica] ?? 0] ?? 0;
      }
    });
  };
}

function signOf(signs: number, bit: number): 1 | -1 {
  return (signs >> bit) & 1 ? 1 : -1;
}

function curvature(i: number): number {
  return curvatures[i] ?? 0;
}

function noiseCovariance(i: number, j: number): number {
  return (
    at(noise, i, 0) * at(noise, j, 0) + at(noise, i, 1) * at(noise, j, 1) + at(noise, i, 2) * at(noise, j, 2)
  );
}

/** The mean, over the replicas, of the product of two coordinates. */
function momentOf(errors: readonly RealArray[], i: number, j: number): number {
  let sum = 0;
  errors[i]?.forEach((error, replica) => (sum += error * (errors[j]?.[replica] ?? 0)));
  return sum / replicas;
}

function matrix(entry: (i: number, j: number) => number): readonly (readonly number[])[] {
  return curvatures.map((_, i) => curvatures.map((_, j) => entry(i, j)));
}

function at(rows: readonly (readonly number[])[], i: number, j: number): number {
  return rows[i]?.[j] ?? 0;
}

export const covariance: readonly Case[] = (['float32', 'float64'] as const).map((dtype) => ({
  id: `mathematics/polyak-juditsky/${dtype}`,
  spec,
  needs: { dtypes: [dtype] },
  run: ({ backend }) => checkCovariances(backend, dtype),
}));
