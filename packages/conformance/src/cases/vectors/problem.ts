import {
  ASGD,
  type Backend,
  type BackwardResult,
  type Cotangents,
  type Options,
  type Parameter,
  type StateDict,
} from '@asgd/core';
import type { Schedule } from '../../reference.ts';

/** A run in float64 with a loss at its end, to differentiate. All numbers are real. */
export interface Problem {
  readonly options: Partial<Options>;
  readonly initial: Vector;
  /** By step. With a `hessian`, the constants that are added to its product with the parameter. */
  readonly gradients: readonly Vector[];
  /** Symmetric, row by row. With it, the gradients depend on the parameter, and the loss depends on it through them too. */
  readonly hessian?: readonly Vector[];
  /** The state to start from. */
  readonly start?: Schedule & { readonly ax: Vector };
  /** The loss is the inner product of these with the parameter and the average. */
  readonly loss: { readonly parameter: Vector; readonly average: Vector };
}

export type Vector = readonly number[];

export interface Course {
  readonly loss: number;
  /** Before each step. */
  readonly parameters: readonly Vector[];
  readonly gradients: readonly Vector[];
  readonly etas: readonly number[];
}

/** Trains without differentiating, and returns the course of the parameter. */
export async function courseOf(backend: Backend, problem: Problem): Promise<Course> {
  const run = await Run.begin(backend, problem, false);
  const course = await run.takeSteps();
  run.optimizer.dispose();
  return course;
}

/** Trains and differentiates the loss. */
export async function derivativesOf(backend: Backend, problem: Problem): Promise<Derivatives> {
  const run = await Run.begin(backend, problem, true);
  await run.takeSteps();
  const { parameter, optimizer } = run;
  const seed = (values: Vector): Cotangents => new Map([[parameter, run.tensor(values)]]);
  const seeds = { parameters: seed(problem.loss.parameter), averages: seed(problem.loss.average) };
  const found = await optimizer.backward(seeds, async (cotangents) => {
    const values = await cotangents.get(parameter)?.read();
    return new Map(problem.hessian && values ? seed(product(problem.hessian, [...values])) : []);
  });
  return readDerivatives(parameter, found);
}

export interface Derivatives {
  readonly parameter: Vector;
  readonly average: Vector;
  readonly gradients: readonly Vector[];
  readonly options: { readonly lr: number; readonly lambd: number; readonly weightDecay: number };
}

async function readDerivatives(parameter: Parameter, found: BackwardResult): Promise<Derivatives> {
  const read = async (cotangents: Cotangents): Promise<Vector> => [
    ...((await cotangents.get(parameter)?.read()) ?? []),
  ];
  return {
    parameter: await read(found.parameters),
    average: await read(found.averages),
    gradients: await Promise.all(found.gradients.map(read)),
    options: found.options[0] ?? { lr: NaN, lambd: NaN, weightDecay: NaN },
  };
}

class Run {
  readonly parameter: Parameter;
  readonly optimizer: ASGD;
  readonly #problem: Problem;

  private constructor(backend: Backend, problem: Problem, differentiable: boolean) {
    this.#problem = problem;
    this.parameter = backend.parameter(problem.initial, { dtype: 'float64' });
    this.optimizer = new ASGD([this.parameter], { ...problem.options, differentiable });
  }

  static async begin(backend: Backend, problem: Problem, differentiable: boolean): Promise<Run> {
    const run = new Run(backend, problem, differentiable);
    if (!problem.start) return run;
    const { ax, ...schedule } = problem.start;
    const values = Float64Array.from(ax);
    const saved = { ...schedule, ax: { dtype: 'float64', shape: [ax.length], values } } as const;
    const dict: StateDict = { ...(await run.optimizer.stateDict()), state: { 0: saved } };
    run.optimizer.loadStateDict(dict);
    return run;
  }

  tensor(values: Vector): ReturnType<Backend['tensor']> {
    return this.parameter.backend.tensor(values, { dtype: 'float64' });
  }

  async takeSteps(): Promise<Course> {
    const { parameter, optimizer } = this;
    const { gradients: constants, hessian, loss, options } = this.#problem;
    const [parameters, gradients, etas]: [Vector[], Vector[], number[]] = [[], [], []];
    for (const constant of constants) {
      const p = [...(await parameter.read())];
      const curved = hessian ? product(hessian, p) : [];
      const gradient = constant.map((value, index) => value + (curved[index] ?? 0));
      parameter.grad?.dispose();
      parameter.grad = this.tensor(gradient);
      parameters.push(p);
      gradients.push(gradient);
      etas.push(optimizer.state.get(parameter)?.eta ?? Number(options.lr));
      optimizer.step();
    }
    const average = [...(await optimizer.averageOf(parameter).read())];
    const value = inner(loss.parameter, [...(await parameter.read())]) + inner(loss.average, average);
    return { loss: value, parameters, gradients, etas };
  }
}

function product(matrix: readonly Vector[], vector: Vector): Vector {
  return matrix.map((row) => inner(row, vector));
}

function inner(a: Vector, b: Vector): number {
  return a.reduce((sum, value, index) => sum + value * (b[index] ?? NaN), 0);
}
