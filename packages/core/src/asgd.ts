import { Average } from './average.ts';
import { describe } from './describe.ts';
import { ArgumentError, DisposedError, ExchangedError } from './errors.ts';
import { exchange } from './exchange.ts';
import { listGroups, makeGroup, type ParamGroup, type ParamGroupInput, type ParamsInput } from './groups.ts';
import { loadState } from './load-state.ts';
import { type Options, resolveOptions } from './options.ts';
import { saveState } from './save-state.ts';
import type { ParameterState, State } from './state.ts';
import type { StateDict } from './state-dict.ts';
import { stepGroups } from './step.ts';
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
export class ASGD implements Disposable {
  /** The options of groups that do not say otherwise. */
  readonly defaults: Readonly<Options>;
  readonly #groups: ParamGroup[] = [];
  readonly #averages = new Map<Parameter, Average>();
  readonly #states = new Map<Parameter, State>();
  #exchanged = false;
  #disposed = false;

  /**
   * @param params parameters, `[name, parameter]` pairs, or groups `{ params, ...options }` of either
   * @throws OptionError before `params` is looked at; ArgumentError, DisposedError, ClosedError
   */
  constructor(params: ParamsInput, options: Partial<Options> = {}) {
    this.defaults = Object.freeze(resolveOptions(options));
    for (const group of listGroups(params)) this.addParamGroup(group);
  }

  /** The groups. Their options may be edited between steps. */
  get paramGroups(): readonly ParamGroup[] {
    return this.#groups;
  }

  /** What is remembered of each parameter that has taken a step. */
  get state(): ReadonlyMap<Parameter, ParameterState> {
    return this.#states;
  }

  /** Whether parameters and averages are exchanged at present. */
  get exchanged(): boolean {
    return this.#exchanged;
  }

  /** @throws ArgumentError, OptionError, DisposedError, ClosedError */
  addParamGroup(group: ParamGroupInput): void {
    this.#checkNotDisposed();
    const made = makeGroup(group, this.defaults, this.#groups);
    this.#groups.push(made);
    for (const parameter of made.params) {
      const average = new Average(parameter);
      average.exchanged = this.#exchanged;
      this.#averages.set(parameter, average);
    }
  }

  /**
   * Updates every parameter that has a gradient, once. The work is enqueued: nothing waits for a device.
   * A step that throws has changed nothing, unless a backend fails after another has been launched.
   * @param closure computes the loss, and usually the gradients; what it returns, `step` returns
   * @throws ExchangedError, OptionError, DisposedError, ClosedError, OutOfMemoryError, DeviceLostError
   */
  step(closure?: undefined): undefined;
  step<Loss>(closure: () => Loss): Loss;
  step<Loss>(closure?: () => Loss): Loss | undefined | Promise<Awaited<Loss>> {
    this.#checkSteppable();
    const loss = closure?.();
    if (loss instanceof Promise) return loss.then((value: Awaited<Loss>) => this.#update(value));
    return this.#update(loss);
  }

  /** Forgets every gradient or, with `setToNone: false`, fills it with zeros. */
  zeroGrad({ setToNone = true }: { readonly setToNone?: boolean } = {}): void {
    this.#checkNotDisposed();
    for (const parameter of this.#averages.keys()) {
      if (setToNone) parameter.grad = null;
      else parameter.grad?.write(zeros(parameter.grad));
    }
  }

  /**
   * The average of a parameter, always as it is now: the parameter's own values while `mu` is 1, and before its
   * first step. It belongs to the optimizer; `read()` gives a copy to keep.
   * @throws ArgumentError for a parameter of none of the groups
   */
  averageOf(parameter: Parameter): Tensor {
    this.#checkNotDisposed();
    const average = this.#averages.get(parameter);
    if (!average) {
      throw new ArgumentError(
        `averageOf was given ${describe(parameter)} that is in none of this optimizer's groups: ` +
          `give one of its parameters, or add it with addParamGroup().`,
      );
    }
    return average.tensor;
  }

  /**
   * Exchanges every parameter with its average, in place: the parameters hold the averages until the next call,
   * which restores every bit. Stepping meanwhile is an error.
   * @throws OutOfMemoryError when there is no room for a spare copy of one parameter of each size
   */
  swapAverages(): void {
    this.#checkNotDisposed();
    exchange(this.#averages);
    this.#exchanged = !this.#exchanged;
  }

  /** Runs `fn` while the parameters hold the averages, and puts them back whatever happens in it. */
  withAverages<Result>(fn: () => Result): Result {
    if (this.#exchanged) {
      throw new ExchangedError(
        'withAverages() was called while averages are exchanged: call swapAverages() first.',
      );
    }
    this.swapAverages();
    const restore = (): void => {
      if (this.#exchanged) this.swapAverages();
    };
    let result: Result;
    try {
      result = fn();
    } catch (error) {
      restore();
      throw error;
    }
    if (result instanceof Promise) return result.finally(restore) as Result;
    restore();
    return result;
  }

  /** The state and the groups as plain data, as of the call. While averages are exchanged it is the same. */
  async stateDict(): Promise<StateDict> {
    this.#checkNotDisposed();
    return saveState(this.#groups, { averages: this.#averages, states: this.#states });
  }

  /**
   * Takes everything over from a dictionary: copies, matched by position, all or nothing. Training then continues
   * bit for bit as if it had never stopped, given the parameters' values, which the dictionary does not hold.
   * @throws StateDictError, ExchangedError, OutOfMemoryError
   */
  loadStateDict(dict: StateDict): void {
    this.#checkSteppable();
    loadState(dict, this.#groups, { averages: this.#averages, states: this.#states });
  }

  /** Frees the averages. The parameters remain their owner's. */
  dispose(): void {
    if (this.#disposed) return;
    for (const average of this.#averages.values()) average.adopt(null);
    this.#disposed = true;
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  #update<Loss>(loss: Loss): Loss {
    this.#checkSteppable();
    stepGroups(this.#groups, { averages: this.#averages, states: this.#states });
    return loss;
  }

  #checkSteppable(): void {
    this.#checkNotDisposed();
    if (this.#exchanged) {
      throw new ExchangedError(
        'The parameters hold their averages at present: call swapAverages() before stepping or loading.',
      );
    }
  }

  #checkNotDisposed(): void {
    if (this.#disposed) throw new DisposedError('The optimizer was used after dispose(): make a new one.');
  }
}

function zeros({ length, dtype }: Tensor): Float32Array {
  return new Float32Array(dtype.startsWith('complex') ? 2 * length : length);
}
