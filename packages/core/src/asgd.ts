import { checkOptionsObject, isThenable } from './arguments.ts';
import type { Cohorts } from './cohorts.ts';
import { describe } from './describe.ts';
import { ArgumentError, AveragesSwappedError, DisposedError, OptionError } from './errors.ts';
import type { BackwardResult, BackwardSeeds, ThroughGradients } from './backward.ts';
import { formatOptimizer } from './format.ts';
import { Hookable } from './hooks.ts';
import { listGroups, makeGroup, type ParamGroup, type ParamGroupInput, type ParamsInput } from './groups.ts';
import { checkDictionary, loadState } from './load-state.ts';
import { type Options, resolveOptions } from './options.ts';
import { type Awaitable, runThen } from './run-then.ts';
import { saveState } from './save-state.ts';
import { type ParameterState, State } from './state.ts';
import { zeroAll } from './storage.ts';
import type { StateDict } from './state-dict.ts';
import type { Memory } from './memory.ts';
import { type CapturedStep, takeStep } from './step.ts';
import { swap } from './swap.ts';
import type { GradientOf } from './plan.ts';
import { freeUpdate } from './tape.ts';
import type { Parameter, Tensor } from './tensor.ts';

/**
 * Averaged stochastic gradient descent, with the semantics of `torch.optim.ASGD` (SPEC.md).
 * B. Polyak and A. Juditsky, "Acceleration of stochastic approximation by averaging", 1992.
 *
 * ```ts
 * const optimizer = new ASGD([weight], { lr: 0.05, lambd: 0, t0: 0 });
 * weight.grad = backend.tensor(gradient);
 * optimizer.step();
 * await optimizer.averageOf(weight).read();
 * ```
 */
export class ASGD extends Hookable implements Disposable {
  /** The options of groups that do not set their own. */
  readonly defaults: Readonly<Options>;
  #groups: readonly ParamGroup[] = Object.freeze([]);
  readonly #states = new Map<Parameter, State>();
  readonly #stepped = new Map<Parameter, State>();
  readonly #cohorts: Cohorts[] = [];
  readonly #memory: Memory = {
    states: this.#states,
    stepped: this.#stepped,
    cohorts: this.#cohorts,
    tape: [],
    launches: [],
  };
  #swapped = false;
  #disposed = false;
  /** Whether each step appears in the User Timing API, as a measure called `Optimizer.step#ASGD.step`. */
  profiling = false;

  static {
    // What Node prints.
    Object.defineProperty(this.prototype, Symbol.for('nodejs.util.inspect.custom'), {
      value: this.prototype.toString,
    });
  }

  /**
   * @param params parameters, `[name, parameter]` pairs, or groups `{ params, ...options }` of either
   * @throws OptionError before `params` is looked at; ArgumentError, DisposedError, ClosedError
   */
  constructor(params: ParamsInput, options: Partial<Options> = {}) {
    super();
    this.defaults = Object.freeze(resolveOptions(options));
    for (const group of listGroups(params)) this.addParamGroup(group);
  }

  /** The groups. Their options may be edited between steps. */
  get paramGroups(): readonly ParamGroup[] {
    return this.#groups;
  }

  /** The state of each parameter that has taken a step. */
  get state(): ReadonlyMap<Parameter, ParameterState> {
    return this.#stepped;
  }

  /** Whether the parameters hold their averages now (`swapAverages`). */
  get swapped(): boolean {
    return this.#swapped;
  }

  /**
   * Adds a group. Options that it leaves out come from `defaults`.
   * @throws ArgumentError, OptionError, DisposedError, ClosedError
   */
  addParamGroup(group: ParamGroupInput): void {
    this.#checkNotDisposed();
    const made = makeGroup(group, this.defaults, this.#groups);
    this.#cohorts.push({ groupName: `parameter group ${this.#groups.length}`, list: [] });
    this.#groups = Object.freeze([...this.#groups, made]);
    for (const parameter of made.params) {
      const state = new State(parameter);
      state.swapped = this.#swapped;
      this.#states.set(parameter, state);
    }
  }

  /**
   * Updates every parameter that has a gradient, once. The work is enqueued: nothing waits for a device.
   * A step that throws has changed nothing, unless a backend fails after an earlier launch of the step succeeded.
   * @throws AveragesSwappedError, OptionError, DisposedError, ClosedError, OutOfMemoryError, DeviceLostError
   */
  step(closure?: undefined): undefined;
  /**
   * Calls a closure, then updates every parameter that has a gradient, once.
   * @param closure computes the loss, and usually the gradients; `step` returns what it returns
   * @throws what `step()` throws, and what the closure throws
   */
  step<Loss>(closure: () => Loss): Awaitable<Loss>;
  step(closure?: () => unknown): unknown {
    const start = this.profiling ? performance.now() : 0;
    this.#checkSteppable();
    if (closure !== undefined && typeof closure !== 'function') {
      throw new ArgumentError(`step() was given ${describe(closure)}: expected a closure, or nothing.`);
    }
    const args = this.beforeStep(closure ? [closure] : []);
    const finish = (loss: unknown): unknown => {
      this.#update(this.#groups, ({ grad }) => grad);
      this.afterStep(args);
      if (this.profiling) performance.measure('Optimizer.step#ASGD.step', { start });
      return loss;
    };
    const loss = args[0]?.();
    return isThenable(loss) ? Promise.resolve(loss).then(finish) : finish(loss);
  }

  /**
   * Captures a step with the current gradients and options, without taking it. Each `replay()` takes it, with the
   * values that these gradients and a tensor `lr` have at that moment. If the counters are on a device, the host
   * computes nothing (SPEC.md, Capturable).
   * @throws OptionError naming a group that has a gradient and is not capturable
   */
  capture(): CapturedStep {
    this.#checkSteppable();
    const groups = this.#groups.map((group) => ({ ...group }));
    const gradients = new Map([...this.#states.keys()].map((parameter) => [parameter, parameter.grad]));
    for (const [index, { params, capturable }] of groups.entries()) {
      if (!capturable && params.some((parameter) => gradients.get(parameter))) {
        throw new OptionError(
          `Parameter group ${index} is not capturable, so its step cannot be captured: set its option ` +
            `capturable to true.`,
        );
      }
    }
    return { replay: () => this.#update(groups, (parameter) => gradients.get(parameter) ?? null) };
  }

  /**
   * Differentiates a loss through all recorded steps, in reverse, and forgets them (SPEC.md, Differentiating).
   * @param seeds the derivatives of the loss with respect to the current parameters and averages
   * @param through adds what the dependence of the gradients on the parameters contributes; without it, gradients
   * count as constants
   * @throws ArgumentError when no step was recorded, and the errors of a cotangent that does not match its parameter
   */
  async backward(seeds: BackwardSeeds, through: ThroughGradients = () => {}): Promise<BackwardResult> {
    this.#checkNotDisposed();
    if (this.#memory.tape.length === 0) {
      throw new ArgumentError(
        'No step was recorded to differentiate: set differentiable to true before stepping.',
      );
    }
    const { tape } = this.#memory;
    this.#memory.tape = [];
    try {
      const { differentiate } = await import('./backward.ts');
      const result = await differentiate(tape, this.#groups, this.#states, seeds, through);
      tape.flat().forEach(freeUpdate);
      return result;
    } catch (error) {
      this.#memory.tape = [...tape, ...this.#memory.tape]; // not as arguments: the tape may be too long for the stack
      throw error;
    }
  }

  /** Forgets the recorded steps. */
  clearTape(): void {
    this.#memory.tape.flat().forEach(freeUpdate);
    this.#memory.tape = [];
  }

  /** Sets every gradient to `null` or, with `setToNone: false`, fills it with zeros. */
  zeroGrad(options: { readonly setToNone?: boolean } = {}): void {
    this.#checkNotDisposed();
    checkOptionsObject(options, 'zeroGrad()', 'zeroGrad({ setToNone: false })');
    const { setToNone = true } = options;
    const params = [...this.#states.keys()];
    if (setToNone) {
      for (const parameter of params) parameter.grad = null;
      for (const { list } of this.#cohorts) for (const cohort of list) cohort.forgetPlan(); // it holds the gradients
    } else zeroAll(params.flatMap(({ grad }) => grad ?? []));
  }

  /**
   * The average of a parameter, always as it is now: the parameter's own values while `mu` is 1, and before its
   * first step. It belongs to the optimizer; `read()` gives a copy to keep.
   * @throws ArgumentError for a parameter that is in none of the groups
   */
  averageOf(parameter: Parameter): Tensor {
    this.#checkNotDisposed();
    const state = this.#states.get(parameter);
    if (!state) {
      throw new ArgumentError(
        `averageOf was given ${describe(parameter)} that is in none of this optimizer's groups: ` +
          `give one of its parameters, or add it with addParamGroup().`,
      );
    }
    return state.ax;
  }

  /**
   * Swaps every parameter with its average, in place: the parameters hold the averages until the next call,
   * which restores every bit. A step in between is an error.
   * @throws OutOfMemoryError when there is no room for a spare copy of one parameter of each size
   */
  swapAverages(): void {
    this.#checkNotDisposed();
    swap([...this.#states.values()]);
    this.#swapped = !this.#swapped;
  }

  /**
   * Runs `fn` while the parameters hold the averages, and swaps back afterwards, even if `fn` throws or its promise
   * rejects.
   */
  withAverages<Result>(fn: () => Result): Awaitable<Result>;
  withAverages(fn: () => unknown): unknown {
    if (typeof fn !== 'function') {
      throw new ArgumentError(`withAverages() was given ${describe(fn)}: expected a function to run.`);
    }
    if (this.#swapped) {
      throw new AveragesSwappedError(
        'withAverages() was called while averages are swapped: call swapAverages() first.',
      );
    }
    this.swapAverages();
    return runThen(fn, () => this.#putBack());
  }

  /** The state and the groups as plain data, as of the call. It makes no difference whether averages are swapped. */
  async stateDict(): Promise<StateDict> {
    this.#checkNotDisposed();
    this.beforeStateDict();
    return this.afterStateDict(await saveState(this.#groups, this.#memory));
  }

  /**
   * Loads everything from a dictionary: copied, matched by position, all or nothing. Training then continues bit for
   * bit as if it had never stopped, given the parameters' values, which the dictionary does not hold. Recorded steps
   * are forgotten.
   * @throws StateDictError, AveragesSwappedError, OutOfMemoryError
   */
  loadStateDict(dict: StateDict): void {
    this.#checkSteppable();
    checkDictionary(dict);
    loadState(this.beforeLoading(dict), this.#groups, this.#memory);
    this.clearTape();
    this.afterLoading();
  }

  /** The groups and their options, in PyTorch's form. */
  override toString(): string {
    return formatOptimizer(this.#groups);
  }

  /** Frees the averages and the recorded steps. The parameters still belong to their owner. */
  dispose(): void {
    if (this.#disposed) return;
    this.clearTape();
    for (const { list } of this.#cohorts) for (const cohort of list) cohort.dispose();
    for (const state of this.#states.values()) state.dispose();
    this.#disposed = true;
  }

  /** Calls {@link dispose}, at the end of a `using` block. */
  [Symbol.dispose](): void {
    this.dispose();
  }

  /** Swaps back everything that has not been disposed since the swap. */
  #putBack(): void {
    if (!this.#swapped || this.#disposed) return;
    const isThere = ({ disposed, backend }: Parameter): boolean => !disposed && !backend.closed;
    swap([...this.#states.values()].filter(({ parameter }) => isThere(parameter)));
    this.#swapped = false;
  }

  #update(groups: readonly ParamGroup[], gradientOf: GradientOf): void {
    this.#checkSteppable();
    takeStep(groups, this.#memory, gradientOf);
  }

  #checkSteppable(): void {
    this.#checkNotDisposed();
    if (this.#swapped) {
      throw new AveragesSwappedError(
        'The parameters hold their averages now: call swapAverages() before stepping or loading.',
      );
    }
  }

  #checkNotDisposed(): void {
    if (this.#disposed) throw new DisposedError('The optimizer was used after dispose(): make a new one.');
  }
}
