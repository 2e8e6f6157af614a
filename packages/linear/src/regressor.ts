import { Estimator, type PartialFitOptions, type Scaling } from './estimator.ts';
import { checkLength, type Chunk } from './examples.ts';
import { type ModelData, type ModelJson, readModel, toText, writeModel } from './json.ts';
import { type RegressorOptions, resolveRegressorOptions } from './options.ts';
import type { Rows } from './rows.ts';
import { numberTargets, type Targets } from './targets.ts';

/**
 * Linear regression trained by averaged SGD: least squares, or Huber's loss. In the habits of scikit-learn's
 * `SGDRegressor(average=True)`; the README says what is different.
 *
 * @throws OptionError
 */
export class ASGDRegressor extends Estimator<number, Targets<number>, RegressorOptions> {
  constructor(options: Partial<RegressorOptions> = {}) {
    super(resolveRegressorOptions(options));
  }

  /**
   * Trains on rows once, in their order, and goes on from where training stood. Rows before one that is wrong are kept.
   * Batches do not reach from one call, or one chunk of a stream, into the next.
   * @throws DataError naming row and column; DivergedError; LengthError; ArgumentError while another training runs
   */
  async partialFit(
    examples: AsyncIterable<Chunk<number>>,
    options?: Omit<PartialFitOptions, 'sampleWeight'>,
  ): Promise<this>;
  async partialFit(rows: Rows, targets: ArrayLike<number>, options?: PartialFitOptions): Promise<this>;
  async partialFit(
    rows: Rows | AsyncIterable<Chunk<number>>,
    second?: ArrayLike<number> | PartialFitOptions,
    third?: PartialFitOptions,
  ): Promise<this> {
    const isStream = Symbol.asyncIterator in rows;
    const options = (isStream ? (second as PartialFitOptions | undefined) : third) ?? {};
    const targets = isStream ? undefined : (second as ArrayLike<number>);
    return this.continueFit(rows, targets, options, () => numberTargets);
  }

  /** The number that is predicted for each row. @throws DataError, NotFittedError */
  predict(rows: Rows): Float64Array {
    return this.scores(rows).scores;
  }

  /**
   * The coefficient of determination R²: 1 minus the squared errors over those of the mean. Where all targets are the
   * same it is 1 for predictions without error, else 0, as in scikit-learn; NaN without rows.
   * @throws DataError, LengthError, NotFittedError
   */
  score(rows: Rows, targets: ArrayLike<number>): number {
    const predicted = this.predict(rows);
    checkLength(targets, predicted.length, 'targets');
    const expected = Float64Array.from(targets);
    const mean = expected.reduce((sum, target) => sum + target, 0) / expected.length;
    const squares = (errorOf: (target: number, row: number) => number): number =>
      expected.reduce((sum, target, row) => sum + errorOf(target, row) ** 2, 0);
    const error = squares((target, row) => target - (predicted[row] ?? NaN));
    const spread = squares((target) => target - mean);
    if (spread === 0 && expected.length > 0) return error === 0 ? 1 : 0;
    return 1 - error / spread;
  }

  /**
   * A model for rows that are not scaled, of this one, which was trained on what `scaler` makes of them. It predicts the
   * same, and is not trained any further. Weights and intercepts are those of the average.
   */
  fold(scaler: Scaling): ASGDRegressor {
    const model = new ASGDRegressor(this.options);
    model.fitted = this.folded(scaler);
    return model;
  }

  /**
   * A model whose weights are those of the last update, not their average: to compare the two. A copy, which is not trained
   * any further.
   * @throws NotFittedError
   */
  lastIterate(): ASGDRegressor {
    const model = new ASGDRegressor(this.options);
    model.fitted = this.lastFitted();
    return model;
  }

  /**
   * All of the model, as plain data with typed arrays, for `structuredClone`, workers and databases: `fromJSON` takes it
   * too.
   */
  toData(): ModelData {
    return writeModel('ASGDRegressor', this.options, this.fitted, undefined);
  }

  /** All of the model, for `JSON.stringify`: after `fromJSON`, training goes on bit for bit. */
  toJSON(): ModelJson {
    return toText(this.toData());
  }

  /** A model that `toJSON` or `toData` wrote, as an object or as text. @throws ModelError */
  static fromJSON(json: unknown): ASGDRegressor {
    return readModel('ASGDRegressor', json, (options) => {
      const model = new ASGDRegressor(options as Partial<RegressorOptions>);
      return {
        model,
        outputs: 1,
        settle: (engine, isFolded) => {
          model.fitted = { engine, targets: numberTargets, isFolded };
        },
      };
    });
  }

  protected override targetsOf(_: Chunk<number>): Targets<number> {
    return numberTargets;
  }
}
