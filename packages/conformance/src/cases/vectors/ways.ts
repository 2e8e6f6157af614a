import { ASGD, type Backend, type CapturedStep, type Parameter, type Tensor } from '@asgd/core';
import type { Observed } from '../../replay.ts';
import type { StepSpec } from '../../trace.ts';
import type { TensorTrace } from '../../vectors-on-tensors.ts';

/**
 * How a trace's steps are taken. `'plain'`: as if no group were capturable, and every `lr` a number. The others do
 * as the trace says: with `step()`, by replaying a recorded step for as long as it is the one to take, or each in turn.
 */
export type Way = 'plain' | 'step' | 'replay' | 'in-turn';

/** Trains as a trace says. Yields all parameters after each step; `lrs` is where the `lr` tensors are. */
export async function* train(
  trace: TensorTrace,
  backend: Backend,
  way: Way,
  lrs: Backend = backend,
): AsyncGenerator<readonly Observed[], void, undefined> {
  const run = new Run(trace, backend, way, lrs);
  for (const step of trace.steps) {
    await run.take(step);
    yield await run.observe();
  }
}

class Run {
  readonly #trace: TensorTrace;
  readonly #way: Way;
  readonly #lrs: Backend;
  readonly #parameters: readonly Parameter[];
  /** One for each parameter, for good: what it holds is written anew before every step. */
  readonly #gradients: readonly Tensor[];
  /** By group, its `lr` tensor, if it has one. */
  #tensors: readonly (Tensor | undefined)[];
  #optimizer: ASGD;
  #captured: CapturedStep | undefined;
  /** Which parameters had a gradient in the last step. */
  #present = '';
  #isTurnOfStep = false;

  constructor(trace: TensorTrace, backend: Backend, way: Way, lrs: Backend) {
    this.#trace = trace;
    this.#way = way;
    this.#lrs = lrs;
    this.#parameters = trace.parameters.map(({ dtype, shape, initial }) =>
      backend.parameter(initial, { dtype, shape }),
    );
    this.#gradients = trace.parameters.map(({ dtype, shape }) => backend.zeros(shape, { dtype }));
    this.#tensors = this.#makeLrs((group) => trace.groups[group]?.options.lr ?? NaN);
    this.#optimizer = new ASGD(
      trace.groups.map(({ options, parameters }, index) => ({
        ...options,
        ...(this.#tensors[index] && { lr: this.#tensors[index] }),
        capturable: way !== 'plain' && (options.capturable ?? false),
        params: parameters.flatMap((position) => this.#parameters[position] ?? []),
      })),
    );
  }

  async take(step: StepSpec): Promise<void> {
    step.options?.forEach((edits, group) => this.#edit(group, edits));
    if (step.resume) await this.#resume();
    this.#setGradients(step);
    if (this.#way === 'plain' || this.#way === 'step' || this.#isTurnOfStep) this.#optimizer.step();
    else this.#replay();
    this.#isTurnOfStep = this.#way === 'in-turn' && !this.#isTurnOfStep;
  }

  observe(): Promise<readonly Observed[]> {
    return Promise.all(
      this.#parameters.map(async (parameter) => {
        const state = this.#optimizer.state.get(parameter);
        if (!state) return { values: await parameter.read(), state: null };
        const [values, ax, counters] = await Promise.all([parameter.read(), state.ax.read(), state.read()]);
        return { values, state: { ...counters, ax } };
      }),
    );
  }

  #edit(index: number, { lr, ...others }: NonNullable<StepSpec['options']>[number]): void {
    const tensor = this.#tensors[index];
    // What a recorded step reads when it is replayed, a tensor's value, needs no recording anew.
    if (tensor && lr !== undefined) tensor.write([lr]);
    const changes = { ...others, ...(!tensor && lr !== undefined && { lr }) };
    if (Object.keys(changes).length === 0) return;
    Object.assign(this.#optimizer.paramGroups[index] ?? {}, changes);
    this.#captured = undefined;
  }

  #setGradients({ gradients }: StepSpec): void {
    this.#parameters.forEach((parameter, index) => {
      const values = gradients[index] ?? null;
      const gradient = this.#gradients[index] ?? null;
      if (values) gradient?.write(values);
      parameter.grad = values && gradient;
    });
    // A recorded step has the gradients it was recorded with: none joins, and none is left out.
    const present = gradients.map((gradient) => gradient !== null).join();
    if (present !== this.#present) this.#captured = undefined;
    this.#present = present;
  }

  #replay(): void {
    this.#captured ??= this.#optimizer.capture();
    // It does not matter what has become of them since.
    for (const parameter of this.#parameters) parameter.grad = null;
    this.#captured.replay();
  }

  /** A new optimizer, whose `lr` tensors hold something else until it has loaded. */
  async #resume(): Promise<void> {
    const saved = structuredClone(await this.#optimizer.stateDict());
    this.#tensors = this.#makeLrs(() => 0.75);
    const groups = this.#optimizer.paramGroups.map(({ params }, index) => ({
      params,
      ...(this.#tensors[index] && { lr: this.#tensors[index] }),
    }));
    this.#optimizer.dispose();
    this.#optimizer = new ASGD(groups);
    this.#optimizer.loadStateDict(saved);
    this.#captured = undefined;
  }

  #makeLrs(valueOf: (group: number) => number): readonly (Tensor | undefined)[] {
    const made: (Tensor | undefined)[] = [];
    if (this.#way === 'plain') return made;
    for (const { dtype, shape, groups } of this.#trace.learningRates) {
      const tensor = this.#lrs.tensor([valueOf(groups[0] ?? 0)], { dtype, shape });
      for (const group of groups) made[group] = tensor;
    }
    return made;
  }
}
