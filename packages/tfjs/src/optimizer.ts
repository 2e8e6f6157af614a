import {
  ArgumentError,
  AveragesSwappedError,
  describe,
  DisposedError,
  NonMonotoneTrigger,
  OptionError,
} from '@asgd/core';
import { type NamedTensorMap, Optimizer, serialization, type Tensor, Variable } from '@tensorflow/tfjs-core';
import { type BatchNormOptions, type Batches, recomputeStatistics } from './batch-norm.ts';
import { type Callback, type EvaluateOptions, evaluateAveraged } from './evaluate-averaged.ts';
import { entriesOf, type NamedTensor } from './gradients.ts';
import type { Path } from './memory.ts';
import { type Model, variablesOf } from './model.ts';
import { currentMemory, openMemory } from './open-memory.ts';
import {
  type AsgdOptions,
  checkOptions,
  forStep,
  fromConfig,
  type ResolvedOptions,
  resolveOptions,
  toConfig,
} from './options.ts';
import { Store } from './store.ts';
import { takeStep } from './take-step.ts';
import { fromWeights, toWeights } from './weights.ts';

/** Averaged SGD as an optimizer of TensorFlow.js. `asgd()` makes one that is ready to step. */
export class AsgdOptimizer extends Optimizer {
  /** The name that saved models have for it. */
  static get className(): string {
    return 'ASGD';
  }

  /** The options. They may be edited between steps; a change of `lr` acts one step late. */
  readonly options: ResolvedOptions;
  readonly #store = new Store();
  #trigger = new NonMonotoneTrigger();
  /** The step at which averaging begins, with t0: 'auto'. */
  #begins = Infinity;
  /** Puts back the statistics of batch normalization that belong to the last iterate. */
  readonly #restoreStatistics: (() => void)[] = [];
  #disposed = false;

  /** @throws OptionError */
  constructor(options: AsgdOptions = {}) {
    super();
    this.options = resolveOptions(options);
  }

  /** Whether steps update TensorFlow.js's tensors where they are. @throws UnsupportedError before `ready()` */
  get path(): Path {
    return currentMemory().path;
  }

  /** Why the tensors are copied; absent where they are not. */
  get pathReason(): string | undefined {
    return currentMemory().reason;
  }

  /** Whether the variables hold their averages now. */
  get swapped(): boolean {
    return this.#store.swapped;
  }

  /** `options.lr`, by the name that other optimizers of TensorFlow.js have for it. */
  get learningRate(): number {
    return this.options.lr;
  }

  /** Sets `options.lr`. */
  set learningRate(lr: number) {
    this.options.lr = lr;
  }

  /** Prepares steps on TensorFlow.js's current backend. Needed after `new`, `fromConfig()` and `tf.setBackend()`. */
  async ready(): Promise<this> {
    await openMemory();
    return this;
  }

  /**
   * Takes a step.
   * @param gradients by the names of their variables. A variable without one, or with `null`, takes no part.
   * @throws ArgumentError, DTypeError, LengthError, OptionError, AveragesSwappedError, DisposedError, UnsupportedError:
   * then nothing has changed
   */
  applyGradients(gradients: NamedTensorMap | NamedTensor[]): void {
    this.#checkSteppable();
    checkOptions(this.options);
    const entries = entriesOf(gradients);
    const memory = currentMemory();
    this.#store.sweep();
    this.#store.adopt(entries.map(({ variable }) => variable));
    const updates = entries.flatMap(({ variable, gradient }) =>
      gradient ? [{ slot: this.#store.slotOf(variable, this.options.lr), gradient }] : [],
    );
    try {
      takeStep(memory, updates, forStep(this.options, this.#begins));
    } finally {
      for (const { slot } of updates) this.#store.forget(slot);
    }
    this.incrementIterations();
  }

  /**
   * The average of a variable as it is now, as a new tensor, which is yours to dispose of. Before averaging begins, it
   * is the variable's values.
   */
  averageOf(variable: Tensor): Tensor {
    this.#checkNotDisposed();
    if (!(variable instanceof Variable)) {
      throw new ArgumentError(`averageOf() was given ${describe(variable)}: expected a tf.Variable.`);
    }
    return this.#store.averageOf(variable as Variable).clone();
  }

  /**
   * Exchanges every variable with its average, without a copy. A second call restores every bit, and the statistics that
   * `updateBatchNorm` has replaced in between. While averages are swapped, a step is an error.
   */
  swapAverages(): void {
    this.#checkNotDisposed();
    this.#store.sweep();
    this.#store.swap();
    if (!this.swapped) for (const restore of this.#restoreStatistics.splice(0)) restore();
  }

  /** Runs `fn` while the variables hold their averages, and swaps back afterwards, even if it throws or rejects. */
  withAverages<Result>(fn: () => Promise<Result>): Promise<Result>;
  withAverages<Result>(fn: () => Result): Result;
  withAverages(fn: () => unknown): unknown {
    if (typeof fn !== 'function') {
      throw new ArgumentError(`withAverages() was given ${describe(fn)}: expected a function to run.`);
    }
    if (this.swapped) {
      throw new AveragesSwappedError(
        'withAverages() was called while averages are swapped: call swapAverages() first.',
      );
    }
    this.swapAverages();
    const putBack = (): void => {
      if (this.swapped && !this.#disposed) this.swapAverages();
    };
    let result: unknown;
    try {
      result = fn();
    } catch (error) {
      putBack();
      throw error;
    }
    if (result instanceof Promise) return result.finally(putBack);
    putBack();
    return result;
  }

  /**
   * Computes the statistics of a model's batch normalization anew, for the weights that it has now, as PyTorch's
   * `update_bn`: the mean over the batches of `data`. While averages are swapped, the next swap puts the old ones back.
   * @param data the inputs of training: a tensor, or batches
   * @returns how many layers have such statistics
   */
  async updateBatchNorm(model: Model, data: Batches, options?: BatchNormOptions): Promise<number> {
    this.#checkNotDisposed();
    const { layers, restore, forget } = await recomputeStatistics(model, data, options);
    if (this.swapped) this.#restoreStatistics.unshift(restore);
    else forget();
    return layers;
  }

  /**
   * A callback for `model.fit()` that evaluates the model at the end of each epoch with its weights and with their
   * averages, on the data that `fit` validates with, or else trains on. `logs` gets `last_loss` and `averaged_loss`, and
   * likewise every metric. With `t0: 'auto'`, it observes the loss.
   */
  evaluateAveraged(model: Model, options?: EvaluateOptions): Callback {
    return evaluateAveraged(this, model, options);
  }

  /**
   * With `t0: 'auto'`: takes the validation loss of an epoch. Averaging begins when it is above the best of all losses
   * but the latest five (the non-monotone trigger of Merity et al., 2017). `evaluateAveraged` calls this.
   * @returns whether averaging begins with the next step
   */
  observe(loss: number): boolean {
    this.#checkNotDisposed();
    if (this.options.t0 !== 'auto') {
      throw new OptionError(`observe() was called with t0: ${this.options.t0}: it is for t0: 'auto'.`);
    }
    if (!this.#trigger.observe(loss) || this.#begins !== Infinity) return false;
    this.#begins = Math.max(0, ...this.#store.slots.map(({ step }) => step));
    return true;
  }

  /** Gives state that `setWeights` has loaded to its variables, before a step would: to evaluate averages, for example. */
  attach(owner: Model | readonly Variable[]): void {
    this.#checkSteppable();
    this.#store.adopt(variablesOf(owner));
  }

  /** The state: `iter`, the beginning of averaging, `step`, `eta` and `mu` of each variable, and the averages. */
  override async getWeights(): Promise<NamedTensor[]> {
    this.#checkNotDisposed();
    this.#store.sweep();
    const { iterations } = this;
    const { losses } = this.#trigger;
    return toWeights({ iterations, begins: this.#begins, losses, slots: this.#store.save() });
  }

  /** What `getWeights` gives. */
  async saveWeights(): Promise<NamedTensor[]> {
    return this.getWeights();
  }

  /**
   * Loads what `getWeights` gave, all or nothing, and prepares steps. Training then continues with the same bits, given
   * the variables' values. @throws StateDictError, AveragesSwappedError
   */
  override async setWeights(weights: NamedTensor[]): Promise<void> {
    this.#checkSteppable();
    const { iterations, begins, losses, slots } = await fromWeights(weights);
    const trigger = new NonMonotoneTrigger(losses);
    await openMemory();
    this.#checkSteppable();
    this.#store.load(slots);
    this.iterations_ = iterations;
    this.#begins = begins;
    this.#trigger = trigger;
  }

  /** The options. */
  override getConfig(): serialization.ConfigDict {
    return toConfig(this.options);
  }

  /** An optimizer with the options that `getConfig` gave: call `ready()` before it steps. @throws OptionError */
  static override fromConfig<T extends serialization.Serializable>(
    cls: serialization.SerializableConstructor<T>,
    config: serialization.ConfigDict,
  ): T {
    return new cls(fromConfig(config));
  }

  /** Frees the averages. The variables stay. */
  override dispose(): void {
    if (this.#disposed) return;
    for (const restore of this.#restoreStatistics.splice(0)) restore();
    this.#store.dispose();
    this.#disposed = true;
  }

  #checkSteppable(): void {
    this.#checkNotDisposed();
    if (this.swapped) {
      throw new AveragesSwappedError(
        'The variables hold their averages now: call swapAverages() before stepping or loading.',
      );
    }
  }

  #checkNotDisposed(): void {
    if (this.#disposed) throw new DisposedError('The optimizer was used after dispose(): make a new one.');
  }
}

// So that loadLayersModel() finds it.
serialization.registerClass(AsgdOptimizer);
