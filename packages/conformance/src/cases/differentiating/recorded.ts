import {
  ASGD,
  type Backend,
  type BackwardResult,
  type BackwardSeeds,
  type Cotangents,
  type DType,
  type Options,
  type Parameter,
} from '@asgd/core';
import { anyDType } from '../define.ts';
import { expectEqual } from '../fixture.ts';

/** Parameters, the optimizer that records their steps, and the seeds of a loss. All numbers stay exact. */
export interface Recorded {
  readonly parameters: readonly Parameter[];
  readonly optimizer: ASGD;
  readonly seeds: BackwardSeeds;
}

/** With these options, two or three steps on small integers round nothing, even while averaging. */
export const exactOptions: Partial<Options> = { lr: 0.5, lambd: 0.5, alpha: 0, t0: 0, weightDecay: 0.25 };

const initial = [
  [2, -4],
  [8, 3],
];
const gradient = [
  [1, 3],
  [-2, 5],
];

/** A run of two parameters in one group. */
export function recordedRun(backend: Backend, steps = 3, options: Partial<Options> = {}): Recorded {
  const dtype = anyDType(backend);
  const parameters = initial.map((values, index) => {
    const parameter = backend.parameter(values, { dtype });
    parameter.grad = backend.tensor(gradient[index] ?? [], { dtype });
    return parameter;
  });
  const optimizer = new ASGD(parameters, { ...exactOptions, differentiable: true, ...options });
  for (let step = 0; step < steps; step++) optimizer.step();
  return { parameters, optimizer, seeds: seedsFor(parameters) };
}

/** The seeds of a loss that combines every parameter and its average differently. */
function seedsFor(parameters: readonly Parameter[]): BackwardSeeds {
  const [first, second] = parameters;
  const ofParameters = new Map(first ? [[first, seed(first, [1, 2])]] : []);
  const ofAverages = new Map(first ? [[first, seed(first, [-4, 2])]] : []);
  if (second) ofAverages.set(second, seed(second, [3, 1]));
  return { parameters: ofParameters, averages: ofAverages };
}

/** A cotangent for a parameter. */
export function seed({ backend, dtype, shape }: Parameter, values: readonly number[]): Parameter {
  return backend.parameter(values, { dtype, shape });
}

/** Derivatives as plain numbers, parameters by their position. */
export interface Derivatives {
  readonly parameters: Plain;
  readonly averages: Plain;
  readonly gradients: readonly Plain[];
  readonly options: BackwardResult['options'];
}

type Plain = Readonly<Record<number, readonly number[]>>;

export async function derivativesOf(
  { parameters, averages, gradients, options }: BackwardResult,
  positions: readonly Parameter[],
): Promise<Derivatives> {
  const plain = async (cotangents: Cotangents): Promise<Plain> => {
    const entries = [...cotangents].map(
      async ([parameter, tensor]) => [positions.indexOf(parameter), [...(await tensor.read())]] as const,
    );
    return Object.fromEntries(await Promise.all(entries));
  };
  return {
    parameters: await plain(parameters),
    averages: await plain(averages),
    gradients: await Promise.all(gradients.map(plain)),
    options: options.map((values) => ({ ...values })),
  };
}

/** Differentiates a run. */
export async function differentiate({ optimizer, parameters, seeds }: Recorded): Promise<Derivatives> {
  return derivativesOf(await optimizer.backward(seeds), parameters);
}

/** Fails unless differentiating the run gives the same as for an undisturbed run like it. */
export async function expectDerivativesOfRun(run: Recorded, backend: Backend, what: string): Promise<void> {
  const expected = await differentiate(recordedRun(backend));
  expectEqual(await differentiate(run), expected, `The derivatives ${what}:`);
}

/** The complex dtype of a real one. */
export function complexOf(dtype: DType): DType {
  return dtype === 'float32' ? 'complex64' : 'complex128';
}
