import { ASGD, type Backend, type CapturedStep, type DType, type Tensor } from '@asgd/core';
import { observeAll, type Observed } from './observe.ts';
import { type Placed, type Placement, whole } from './placement.ts';
import type { StepSpec, Trace, TraceOptions } from './trace.ts';

/** How a trace is run. The result may not depend on it while the host computes the schedule. */
export interface Mode {
  readonly placement?: Placement;
  readonly foreach?: boolean | undefined;
  /** Whether a new optimizer takes over before every step, through a state dictionary. */
  readonly resumeAlways?: boolean;
  /** For all groups, instead of what the trace says. */
  readonly capturable?: boolean;
  /**
   * `'replay'`: a step is captured and replayed until its options or its set of gradients change. `'in-turn'`:
   * `replay()` and `step()` take turns. Both need a placement that keeps its gradient tensors.
   */
  readonly steps?: 'step' | 'replay' | 'in-turn';
  /** Groups whose `lr` is a tensor. Its dtype must hold every `lr` that the trace gives them. */
  readonly lrTensors?: readonly LrTensor[];
  /** Where these tensors are, if not on the backend of the parameters. */
  readonly lrBackend?: Backend;
}

/** One tensor that is the `lr` of some groups, by their indices. */
export interface LrTensor {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly groups: readonly number[];
}

/** Trains as a trace says. Yields all parameters once before the first step and once after each. */
export async function* runTrace(
  trace: Trace,
  backend: Backend,
  mode: Mode = {},
): AsyncGenerator<readonly Observed[], void, undefined> {
  const run = new TraceRun(trace, backend, mode);
  yield run.observe();
  for (const step of trace.steps) {
    await run.take(step);
    yield run.observe();
    run.checkSurroundings();
  }
}

class TraceRun {
  readonly #trace: Trace;
  readonly #mode: Mode;
  readonly #lrBackend: Backend;
  readonly #placed: readonly Placed[];
  /** By group, its `lr` tensor, if it has one. */
  #lrs: readonly (Tensor | undefined)[];
  #optimizer: ASGD;
  #captured: CapturedStep | undefined;
  /** Which parameters had a gradient in the last step. */
  #present = '';
  #isReplayNext: boolean;

  constructor(trace: Trace, backend: Backend, mode: Mode) {
    const { placement = whole, foreach, capturable, steps = 'step', lrBackend = backend } = mode;
    this.#trace = trace;
    this.#mode = mode;
    this.#lrBackend = lrBackend;
    this.#isReplayNext = steps !== 'step';
    this.#placed = trace.parameters.map((spec) => placement(backend, spec));
    this.#lrs = this.#makeLrs((group) => trace.groups[group]?.options.lr ?? NaN);
    const groups = trace.groups.map(({ parameters, options }, index) => ({
      ...options,
      ...(this.#lrs[index] && { lr: this.#lrs[index] }),
      ...(capturable !== undefined && { capturable }),
      params: parameters.flatMap((position) => this.#placed[position]?.parameters ?? []),
    }));
    this.#optimizer = new ASGD(groups, { foreach });
  }

  async take(step: StepSpec): Promise<void> {
    step.options?.forEach((edits, group) => this.#edit(group, edits));
    if (step.resume || this.#mode.resumeAlways) await this.#resume();
    this.#setGradients(step);
    if (this.#isReplayNext) this.#replay();
    else this.#optimizer.step();
    if (this.#mode.steps === 'in-turn') this.#isReplayNext = !this.#isReplayNext;
  }

  observe(): Promise<readonly Observed[]> {
    return observeAll(this.#trace, this.#placed, this.#optimizer);
  }

  checkSurroundings(): void {
    for (const item of this.#placed) item.checkSurroundings();
  }

  #edit(index: number, { lr, ...others }: Partial<TraceOptions>): void {
    const tensor = this.#lrs[index];
    // A captured step reads the value of the tensor when it is replayed.
    if (tensor && lr !== undefined) tensor.write([lr]);
    const edits = { ...others, ...(!tensor && lr !== undefined && { lr }) };
    if (Object.keys(edits).length === 0) return;
    Object.assign(this.#optimizer.paramGroups[index] ?? {}, edits);
    this.#captured = undefined;
  }

  #setGradients({ gradients }: StepSpec): void {
    this.#placed.forEach((item, index) => item.setGradient(gradients[index] ?? null));
    // A captured step updates the parameters that had a gradient when it was captured, and no others.
    const present = gradients.map((gradient) => gradient !== null).join();
    if (present !== this.#present) this.#captured = undefined;
    this.#present = present;
  }

  #replay(): void {
    this.#captured ??= this.#optimizer.capture();
    // A captured step keeps its gradients, whatever `grad` says by now.
    for (const parameter of this.#placed.flatMap(({ parameters }) => parameters)) parameter.grad = null;
    this.#captured.replay();
  }

  /** A new optimizer over the same parameters, which learns only what the state dictionary of the old one says. */
  async #resume(): Promise<void> {
    const saved = structuredClone(await this.#optimizer.stateDict());
    // Loading must write the saved value.
    this.#lrs = this.#makeLrs(() => 0.75);
    const groups = this.#optimizer.paramGroups.map(({ params }, index) => ({
      params,
      ...(this.#lrs[index] && { lr: this.#lrs[index] }),
    }));
    this.#optimizer.dispose();
    this.#optimizer = new ASGD(groups);
    this.#optimizer.loadStateDict(saved);
    this.#captured = undefined;
  }

  #makeLrs(valueOf: (group: number) => number): readonly (Tensor | undefined)[] {
    const made: (Tensor | undefined)[] = [];
    for (const { dtype, shape, groups } of this.#mode.lrTensors ?? []) {
      const tensor = this.#lrBackend.tensor([valueOf(groups[0] ?? 0)], { dtype, shape });
      for (const group of groups) made[group] = tensor;
    }
    return made;
  }
}
