import { ArgumentError, describe, UnsupportedError } from '@asgd/core/errors';
import { Engine, type Linear } from './engine.ts';
import { divergence, meanLoss, splitRows, sumOf, trainEpochs } from './epochs.ts';
import { DataError, NotFittedError } from './errors.ts';
import { type Chunk, checkChunk, gather, isStream, readExamples, shifted } from './examples.ts';
import type { ClassifierOptions, RegressorOptions } from './options.ts';
import { type DenseMatrix, isList, readAllRows, type Rows } from './rows.ts';
import { createRunner } from './runners.ts';
import { scoreRows } from './score.ts';
import { resolveSettings } from './settings.ts';
import type { Table } from './table.ts';
import type { Targets } from './targets.ts';

/** What a fitted model consists of. */
export interface Fitted<Name, Its extends Targets<Name>> {
  readonly engine: Engine;
  readonly targets: Its;
  /** Weights for rows as they were before scaling: see `fold`. Such a model is not trained any further. */
  readonly isFolded: boolean;
}

/** What `fit` and `partialFit` take beside rows and labels. */
export interface FitOptions {
  /** What each row counts: a number from 0. Default 1. */
  readonly sampleWeight?: ArrayLike<number> | undefined;
}

/** What is known after a chunk of `partialFit`: of a stream, or all rows of one call. */
export interface ChunkReport {
  /** How many rows it had. */
  readonly rows: number;
  /** Updates made so far. */
  readonly steps: number;
  /** The mean loss of its rows, each before its own update, without penalties. */
  readonly trainLoss: number;
}

/** What `partialFit` takes beside rows and labels. */
export interface PartialFitOptions extends FitOptions {
  /** Called after each chunk of a stream, or after the rows of one call. */
  readonly onChunk?: ((chunk: ChunkReport) => void) | undefined;
}

/** Column means and standard deviations, as `StandardScaler` has them. */
export interface Scaling {
  /** The mean of each column. */
  readonly mean: Float64Array;
  /** The standard deviation of each column; 1 for a column that is constant. */
  readonly scale: Float64Array;
}

/** What `ASGDClassifier` and `ASGDRegressor` have in common. */
export abstract class Estimator<
  Name,
  Its extends Targets<Name>,
  Options extends ClassifierOptions | RegressorOptions,
> {
  /** The options, with defaults filled in. */
  readonly options: Options;
  #fitted: Fitted<Name, Its> | undefined;
  /** The averaged weights, for as long as nobody trains. */
  #average: Linear | undefined;
  #isTraining = false;

  protected constructor(options: Options) {
    this.options = options;
  }

  /**
   * Trains from the start: what was fitted before is gone once it succeeds, and stays as it is when it fails. A stream is
   * read into memory first.
   * @throws DataError naming row and column; DivergedError; LengthError; ArgumentError while another training runs
   */
  async fit(examples: AsyncIterable<Chunk<Name>>): Promise<this>;
  async fit(rows: Rows, labels: ArrayLike<Name>, options?: FitOptions): Promise<this>;
  async fit(
    rows: Rows | AsyncIterable<Chunk<Name>>,
    labels?: ArrayLike<Name>,
    options: FitOptions = {},
  ): Promise<this> {
    return this.#alone(async () => {
      const chunk = isStream<Name>(rows) ? await gather(rows) : chunkOf(rows, labels, options);
      const targets = this.targetsOf(chunk);
      const { examples, problem } = readExamples(chunk, targets);
      if (problem !== undefined) throw problem;
      if (examples.table.count === 0) throw new DataError('There are no rows: expected at least one.');
      const split = splitRows(examples, this.options);
      const { training } = split;
      const { epochs, kernels } = this.options;
      const settings = resolveSettings(this.options, training, targets.outputs, { epochs });
      checkSize(settings.features, settings.outputs, training.table);
      const engine = new Engine(settings, await createRunner(kernels, settings, training));
      trainEpochs(engine, split, this.options);
      engine.moveTo(undefined);
      const average = finiteAverage(engine, 'in the last epoch');
      this.#fitted = { engine, targets, isFolded: false };
      this.#average = average;
    });
  }

  /** `partialFit` of the subclasses: `start` makes the targets of a model that has seen no rows. */
  protected async continueFit(
    rows: Rows | AsyncIterable<Chunk<Name>>,
    labels: ArrayLike<Name> | undefined,
    options: PartialFitOptions,
    start: () => Its,
  ): Promise<this> {
    return this.#alone(async () => {
      if (this.#fitted?.isFolded === true) {
        throw new UnsupportedError(
          'This model was made by fold(): train the one it was made of, and fold that.',
        );
      }
      if (!isStream<Name>(rows)) {
        await this.#trainOnce(chunkOf(rows, labels, options), options, start);
        return;
      }
      let before = 0;
      for await (const chunk of rows) {
        checkChunk(chunk);
        try {
          before += await this.#trainOnce(chunk, options, start);
        } catch (error) {
          throw error instanceof DataError ? shifted(error, before) : error;
        }
      }
    });
  }

  /** One pass over the rows in their order. Returns how many. What comes before a row that is wrong is kept. */
  async #trainOnce(chunk: Chunk<Name>, { onChunk }: PartialFitOptions, start: () => Its): Promise<number> {
    const fitted = this.#fitted;
    const targets = fitted?.targets ?? start();
    let { examples, problem } = readExamples(chunk, targets, fitted?.engine.options.features);
    if (examples.table.count > 0) {
      const settings =
        fitted?.engine.options ?? resolveSettings(this.options, examples, targets.outputs, 'stream');
      checkSize(settings.features, settings.outputs, examples.table);
      const engine = fitted?.engine ?? new Engine(settings);
      if (!engine.canTrain) {
        engine.moveTo(await createRunner(this.options.kernels, settings, examples));
        // The caller may have changed them meanwhile, and the kernels rely on what has been checked.
        ({ examples, problem } = readExamples(chunk, targets, settings.features));
      }
      const { count } = examples.table;
      this.#average = undefined;
      engine.load(examples);
      const order = Uint32Array.from({ length: count }, (_, row) => row);
      const { trained, loss } =
        onChunk === undefined ? { trained: engine.train(order), loss: NaN } : engine.trainAndMeasure(order);
      engine.unload();
      if (trained > 0) this.#fitted = { engine, targets, isFolded: false };
      if (trained < count) throw divergence(engine, `at row ${trained}`);
      onChunk?.({ rows: count, steps: engine.step, trainLoss: loss / sumOf(examples.weights) });
    }
    if (problem !== undefined) throw problem;
    return examples.table.count;
  }

  async #alone(train: () => Promise<void>): Promise<this> {
    if (this.#isTraining) {
      throw new ArgumentError(
        'This model is being trained: await the first fit() or partialFit() before the next.',
      );
    }
    this.#isTraining = true;
    try {
      await train();
    } finally {
      this.#isTraining = false;
    }
    return this;
  }

  /** How many columns rows have. */
  get features(): number {
    return this.fitted.engine.options.features;
  }

  /** Updates made. */
  get steps(): number {
    return this.fitted.engine.step;
  }

  /** The averaged weights: a row for each output, a column for each feature. A copy. */
  get coef(): DenseMatrix {
    const { features, outputs } = this.fitted.engine.options;
    const { weights } = this.average;
    const data = new Float64Array(features * outputs);
    for (let f = 0; f < features; f++) {
      for (let o = 0; o < outputs; o++) data[o * features + f] = weights[f * outputs + o] ?? NaN;
    }
    return { data, shape: [outputs, features] };
  }

  /** The averaged intercept of each output. A copy. */
  get intercept(): Float64Array {
    return this.average.intercepts.slice();
  }

  /**
   * Averages from the next update on, and leaves out all iterates so far: for a trigger such as `NonMonotoneTrigger` of
   * core, in a model whose `t0` is larger than all of its steps.
   * @throws NotFittedError
   */
  startAveraging(): void {
    const { engine } = this.fitted;
    engine.options = { ...engine.options, t0: engine.step - 1 };
  }

  /** The mean loss of rows under the averaged weights, without penalties. @throws DataError, LengthError, NotFittedError */
  loss(rows: Rows, labels: ArrayLike<Name>, { sampleWeight }: FitOptions = {}): number {
    const { engine, targets } = this.fitted;
    const { examples, problem } = readExamples({ rows, labels, sampleWeight }, targets, this.features);
    if (problem !== undefined) throw problem;
    return meanLoss(engine.options, this.average, examples);
  }

  /** What `lastIterate` of the subclasses gives: the weights of the last update in place of their average. */
  protected lastFitted(): Fitted<Name, Its> {
    const { engine, targets } = this.fitted;
    return { engine: engine.of(engine.last()), targets, isFolded: true };
  }

  /** The step size that training began with. */
  get lr(): number {
    return this.fitted.engine.options.lr;
  }

  /** @throws NotFittedError */
  protected get fitted(): Fitted<Name, Its> {
    if (this.#fitted === undefined) {
      throw new NotFittedError(
        `This ${this.constructor.name} has not been trained: call fit() or partialFit() first.`,
      );
    }
    return this.#fitted;
  }

  protected set fitted(fitted: Fitted<Name, Its>) {
    this.#fitted = fitted;
    this.#average = undefined;
  }

  protected get average(): Linear {
    this.#average ??= finiteAverage(this.fitted.engine, `within ${this.fitted.engine.step} steps`);
    return this.#average;
  }

  /** The scores of rows, `outputs` a row. @throws DataError, NotFittedError */
  protected scores(rows: Rows): { readonly scores: Float64Array; readonly count: number } {
    const table = readAllRows(rows, this.features);
    return { scores: scoreRows(this.average, table), count: table.count };
  }

  /** The model that gives rows as they are the scores that this one gives to scaled rows. */
  protected folded({ mean, scale }: Scaling): Fitted<Name, Its> {
    const { engine, targets } = this.fitted;
    const { options } = engine;
    if (mean.length !== options.features) {
      throw new ArgumentError(
        `fold() was given a scaler of ${mean.length} columns: expected ${options.features}, as the model has.`,
      );
    }
    const weights = this.average.weights.slice();
    const intercepts = this.intercept;
    const { outputs } = options;
    for (let o = 0; o < outputs; o++) {
      let intercept = intercepts[o] ?? NaN;
      for (let f = 0; f < options.features; f++) {
        const weight = (weights[f * outputs + o] ?? NaN) / (scale[f] ?? NaN);
        weights[f * outputs + o] = weight;
        intercept -= weight * (mean[f] ?? NaN);
      }
      intercepts[o] = intercept;
    }
    return { engine: engine.of({ weights, intercepts }), targets, isFolded: true };
  }

  /** The targets that labels call for. @throws DataError */
  protected abstract targetsOf(chunk: Chunk<Name>): Its;
}

function chunkOf<Name>(
  rows: Rows,
  labels: ArrayLike<Name> | undefined,
  { sampleWeight }: FitOptions,
): Chunk<Name> {
  if (!isList(labels)) {
    throw new ArgumentError(
      `The labels are ${describe(labels)}: expected a list with one for each row, or an async iterable of ` +
        `{ rows, labels } in place of both.`,
    );
  }
  return { rows, labels, sampleWeight };
}

/** @throws DivergedError */
function finiteAverage(engine: Engine, where: string): Linear {
  const average = engine.average();
  const isFinite = [average.weights, average.intercepts].every((numbers) => numbers.every(Number.isFinite));
  if (!isFinite) throw divergence(engine, where);
  return average;
}

/** The kernels count in 32 bits. */
function checkSize(features: number, outputs: number, { values }: Table): void {
  if (2 * features * outputs < 2 ** 31 && values.length < 2 ** 31) return;
  throw new ArgumentError(
    `${features} columns with ${outputs} scores, and ${values.length} values: expected fewer than 2^30 weights, and 2^31 ` +
      `values. Hash the columns to fewer, or train on fewer rows at a time.`,
  );
}
