import { ASGD, type Backend, type Parameter, type Tensor } from '@asgd/core';
import type { Look, Side } from './messages.ts';
import type { Problem } from './problem.ts';
import type { Options } from './settings.ts';

/** Trains a problem's parameters on a backend, step by step, and looks at the iterate and the average. */
export class Trainer {
  readonly #problem: Problem;
  readonly #parameters: readonly Parameter[];
  readonly #gradients: readonly Tensor[];
  readonly #written: readonly Float32Array[];
  readonly #isHostVisible: boolean;
  readonly optimizer: ASGD;
  #times: number[] = [];
  #step = 0;

  constructor(problem: Problem, backend: Backend, options: Options) {
    this.#problem = problem;
    this.#isHostVisible = backend.capabilities.hostVisible;
    this.#parameters = problem.parameters.map(({ name, shape, values }) =>
      backend.parameter(values, { name, shape }),
    );
    this.#gradients = this.#parameters.map((parameter) => backend.zeros(parameter.shape));
    this.#written = problem.parameters.map(({ values }) => new Float32Array(values.length));
    for (const [index, parameter] of this.#parameters.entries()) {
      parameter.grad = this.#gradients[index] ?? null;
    }
    this.optimizer = new ASGD(
      this.#parameters.map((parameter) => [parameter.name ?? '', parameter] as const),
      options,
    );
  }

  get isDone(): boolean {
    return this.#step >= this.#problem.steps;
  }

  /** Changes options while training goes on: the next steps use them. */
  change(options: Options): void {
    for (const group of this.optimizer.paramGroups) Object.assign(group, options);
  }

  async step(): Promise<void> {
    const values = await this.#valuesOf(this.#parameters);
    this.#problem.writeGradients(values, this.#written);
    for (const [index, gradient] of this.#gradients.entries()) gradient.write(this.#written[index] ?? []);
    const start = performance.now();
    this.optimizer.step();
    this.#times.push(performance.now() - start);
    this.#step++;
  }

  async look(): Promise<Look> {
    const [first] = this.#parameters;
    const times = this.#times.toSorted((a, b) => a - b);
    this.#times = [];
    const state = first && this.optimizer.state.get(first);
    const averages = this.#parameters.map((parameter) =>
      state ? this.optimizer.averageOf(parameter) : parameter,
    );
    return {
      step: this.#step,
      steps: this.#problem.steps,
      stepsPerEpoch: this.#problem.stepsPerEpoch,
      isAveraging: (state?.mu ?? 1) !== 1,
      iterate: await this.#sideOf(this.#parameters),
      average: await this.#sideOf(averages),
      stepTime: times[Math.floor(times.length / 2)] ?? 0,
    };
  }

  /** The parameters and their averages by name, as they are now. */
  async models(): Promise<{ readonly last: Model; readonly average: Model }> {
    const look = await this.look();
    const modelOf = ({ values }: Side): Model =>
      Object.fromEntries(
        this.#problem.parameters.map(({ name, shape }, index) => [
          name,
          { dtype: 'float32', shape, values: values[index] ?? new Float32Array() },
        ]),
      );
    return { last: modelOf(look.iterate), average: modelOf(look.average) };
  }

  async #sideOf(tensors: readonly Tensor[]): Promise<Side> {
    const values = (await this.#valuesOf(tensors)).map((array) => array.slice());
    return { score: this.#problem.evaluate(values), values };
  }

  /** Where the host sees the memory, that memory: it is not copied. */
  async #valuesOf(tensors: readonly Tensor[]): Promise<readonly Float32Array[]> {
    if (this.#isHostVisible) return tensors.map((tensor) => tensor.view() as Float32Array);
    return (await Promise.all(tensors.map((tensor) => tensor.read()))) as Float32Array[];
  }
}

export type Model = Readonly<
  Record<
    string,
    { readonly dtype: 'float32'; readonly shape: readonly number[]; readonly values: Float32Array }
  >
>;
