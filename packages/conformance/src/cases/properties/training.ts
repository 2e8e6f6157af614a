import { ASGD, type Backend, type Parameter, type RealArray } from '@asgd/core';
import { expectBits, expectSame } from '../expect.ts';
import type { Plan } from './scenario.ts';

/** The result of a plan, tensor by tensor. */
export type Outcome = readonly TensorOutcome[];

interface TensorOutcome {
  readonly parameter: RealArray;
  readonly average: RealArray;
  /** Undefined if the parameter never had a gradient. */
  readonly schedule: { readonly step: number; readonly eta: number; readonly mu: number } | undefined;
}

/** A plan that runs on a backend. */
export class Training {
  readonly backend: Backend;
  readonly plan: Plan;
  readonly parameters: readonly Parameter[];
  readonly optimizer: ASGD;
  readonly #place: (values: RealArray) => Parameter;

  /** `place` makes the parameters and gradients; by default the backend does. */
  constructor(
    backend: Backend,
    plan: Plan,
    place: (values: RealArray) => Parameter = (values) => backend.parameter(values, { dtype: plan.dtype }),
  ) {
    this.backend = backend;
    this.plan = plan;
    this.#place = place;
    this.parameters = plan.tensors.map(({ values }) => place(values));
    this.optimizer = new ASGD(this.parameters, plan.options);
  }

  /** Makes updates `from` up to, not including, `to`. */
  advance(from = 0, to: number = this.plan.steps): void {
    for (let step = from; step < to; step++) {
      this.setGradients(step);
      this.optimizer.step();
    }
  }

  /** Gives every parameter its gradient for an update, and disposes of the gradients of the last one. */
  setGradients(step: number): void {
    this.parameters.forEach((parameter, index) => {
      const values = this.plan.tensors[index]?.gradients[step] ?? null;
      parameter.grad?.dispose();
      parameter.grad = values && this.#place(values);
    });
  }

  outcome(): Promise<Outcome> {
    return Promise.all(
      this.parameters.map(async (parameter) => {
        const state = this.optimizer.state.get(parameter);
        const schedule = state && { step: state.step, eta: state.eta, mu: state.mu };
        const [values, average] = await Promise.all([
          parameter.read(),
          this.optimizer.averageOf(parameter).read(),
        ]);
        return { parameter: values, average, schedule };
      }),
    );
  }

  dispose(): void {
    this.optimizer.dispose();
    for (const parameter of this.parameters) {
      parameter.grad?.dispose();
      parameter.dispose();
    }
  }
}

/** Runs a plan from beginning to end. */
export async function train(backend: Backend, plan: Plan): Promise<Outcome> {
  const training = new Training(backend, plan);
  try {
    training.advance();
    return await training.outcome();
  } finally {
    training.dispose();
  }
}

/** Fails unless two outcomes are the same, bit for bit. */
export function expectSameOutcome(actual: Outcome, expected: Outcome, what: string): void {
  expectSame(actual.length, expected.length, `The number of tensors ${what}`);
  actual.forEach(({ parameter, average, schedule }, index) => {
    const other = expected[index];
    if (!other) return;
    expectBits(parameter, other.parameter, `Parameter ${index} ${what}`);
    expectBits(average, other.average, `The average of parameter ${index} ${what}`);
    for (const key of ['step', 'eta', 'mu'] as const) {
      expectSame(schedule?.[key], other.schedule?.[key], `The ${key} of parameter ${index} ${what}`);
    }
  });
}
