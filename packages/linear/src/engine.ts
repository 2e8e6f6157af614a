import {
  AVERAGE_SCALE,
  DECAY,
  EPSILON,
  FOLD_AT,
  INTERCEPT_STEP,
  LOSS_SUM,
  MEASURE,
  SCALE,
  SHARE,
} from './kernels/state.ts';
import {
  allocateNumbers,
  type Examples,
  type Numbers,
  type Runner,
  type Shape,
  stepsPerCall,
} from './runner.ts';
import { type Schedule, writeSchedule } from './schedule.ts';
import { withoutZeros } from './table.ts';

/** How a model is trained. */
export interface EngineOptions extends Shape, Schedule {
  readonly weightDecay: number;
  /** The intercept's step, as a fraction of eta; 0 leaves it at 0. */
  readonly interceptStep: number;
  /** Where Huber's loss becomes linear. */
  readonly epsilon: number;
}

/** The weights of a linear model: that of feature f for output o is `weights[f * outputs + o]`. */
export interface Linear {
  readonly weights: Float64Array;
  readonly intercepts: Float64Array;
}

export interface Snapshot extends Numbers {
  readonly step: number;
}

/**
 * `scale` is kept between 1/64 and 64. The smaller the range, the closer the averages are to dense ones, and the more
 * often all weights are touched: at 64, once in 4 / (eta * (lambd + weightDecay)) steps.
 */
const foldAt = 64;

/** Averaged SGD on a linear model (kernels/train.ts), with core's schedule. */
export class Engine {
  options: EngineOptions;
  /** Updates made. */
  step = 0;
  #runner: Runner | undefined;
  /** Where the numbers are while there is no runner. */
  #resting: Numbers | undefined;

  /** Without a runner it has weights, all 0, and cannot be trained. @throws OutOfMemoryError */
  constructor(options: EngineOptions, runner?: Runner, foldingAt: number = foldAt) {
    this.options = options;
    this.#runner = runner;
    const { state } = this.numbers;
    state[SCALE] = 1;
    state[AVERAGE_SCALE] = 1;
    state[SHARE] = 1;
    state[DECAY] = options.lambd + options.weightDecay;
    state[INTERCEPT_STEP] = options.interceptStep;
    state[EPSILON] = options.epsilon;
    state[FOLD_AT] = foldingAt;
  }

  /** What changes while training. */
  get numbers(): Numbers {
    if (this.#runner !== undefined) return this.#runner.numbers;
    this.#resting ??= allocateNumbers(this.options);
    return this.#resting;
  }

  get canTrain(): boolean {
    return this.#runner !== undefined;
  }

  /** Goes on with another runner of the same shape, whose rows are to be loaded; or rests, and lets go of its memory. */
  moveTo(runner: Runner | undefined): void {
    const snapshot = this.snapshot();
    this.#runner = runner;
    this.#resting = undefined;
    this.restore(snapshot);
  }

  /** Takes the rows that `train` trains on until the next `load`. */
  load(examples: Examples): void {
    // With several scores a row, the kernels pass over zeros, as in images. Without them they do the same, but faster.
    const { table } = examples;
    this.#runner?.load(this.options.outputs > 1 ? { ...examples, table: withoutZeros(table) } : examples);
  }

  unload(): void {
    this.#runner?.unload();
  }

  /**
   * Trains on the loaded rows that `order` names, in that order. Returns on how many: on fewer only when the gradient of
   * the batch after them is not finite.
   */
  train(order: Uint32Array): number {
    const runner = this.#runner;
    if (runner === undefined) return 0;
    const { batch } = this.options;
    const most = stepsPerCall(batch) * batch;
    let done = 0;
    while (done < order.length) {
      const rows = order.subarray(done, done + most);
      const steps = Math.ceil(rows.length / batch);
      writeSchedule(this.options, this.step, steps, runner.etas, runner.mus);
      const trained = runner.run(rows);
      this.step += Math.ceil(trained / batch);
      done += trained;
      if (trained < rows.length) break;
    }
    return done;
  }

  /** `train`, and the sum of the rows' losses before each update, times their weights. */
  trainAndMeasure(order: Uint32Array): { readonly trained: number; readonly loss: number } {
    const { state } = this.numbers;
    state[MEASURE] = 1;
    state[LOSS_SUM] = 0;
    const trained = this.train(order);
    state[MEASURE] = 0;
    return { trained, loss: state[LOSS_SUM] };
  }

  /** The weights after the last update. */
  last(): Linear {
    const scale = this.#state(SCALE);
    return this.#read((weight) => weight * scale, 0);
  }

  /** Their average; before averaging begins, the weights. */
  average(): Linear {
    const scale = this.#state(AVERAGE_SCALE);
    const share = this.#state(SHARE);
    return this.#read((weight, sum) => scale * (sum + share * weight), this.options.outputs);
  }

  /** An engine at rest after as many steps, with these weights, which are their own average. */
  of({ weights, intercepts }: Linear): Engine {
    const made = new Engine(this.options);
    const { outputs } = this.options;
    const { numbers } = made;
    made.step = this.step;
    for (let at = 0; at < weights.length; at++) {
      numbers.weights[at + outputs * Math.floor(at / outputs)] = weights[at] ?? NaN;
    }
    numbers.intercepts.set(intercepts);
    numbers.intercepts.set(intercepts, outputs);
    return made;
  }

  /** All that training changes, in memory of its own. */
  snapshot(): Snapshot {
    const { weights, intercepts, state } = this.numbers;
    return {
      step: this.step,
      weights: weights.slice(),
      intercepts: intercepts.slice(),
      state: state.slice(),
    };
  }

  /** Goes back to a snapshot of an engine with the same options. */
  restore(snapshot: Snapshot): void {
    const { weights, intercepts, state } = this.numbers;
    this.step = snapshot.step;
    weights.set(snapshot.weights);
    intercepts.set(snapshot.intercepts);
    state.set(snapshot.state);
  }

  #state(at: number): number {
    return this.numbers.state[at] ?? NaN;
  }

  #read(value: (weight: number, sum: number) => number, intercept: number): Linear {
    const { features, outputs } = this.options;
    const { weights, intercepts } = this.numbers;
    const read = new Float64Array(features * outputs);
    for (let f = 0; f < features; f++) {
      for (let o = 0; o < outputs; o++) {
        const at = 2 * f * outputs + o;
        read[f * outputs + o] = value(weights[at] ?? NaN, weights[at + outputs] ?? NaN);
      }
    }
    return { weights: read, intercepts: intercepts.slice(intercept, intercept + outputs) };
  }
}
