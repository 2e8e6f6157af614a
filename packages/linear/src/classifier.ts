import { ArgumentError, describe, UnsupportedError } from '@asgd/core/errors';
import { Estimator, type PartialFitOptions, type Scaling } from './estimator.ts';
import { checkLength, type Chunk } from './examples.ts';
import { type ModelData, type ModelJson, readModel, toText, writeModel } from './json.ts';
import { sigmoid } from './kernels/losses.ts';
import { softmax } from './kernels/softmax.ts';
import { type ClassifierOptions, resolveClassifierOptions } from './options.ts';
import type { DenseMatrix, Rows } from './rows.ts';
import { checkClasses, classesAmong, ClassTargets, type Label, listed } from './targets.ts';

/** What `partialFit` of a classifier takes beside rows and labels. */
export interface ClassifierFitOptions<Name extends Label> extends PartialFitOptions {
  /** All classes that will ever come: the first `partialFit` needs them. */
  readonly classes?: readonly Name[] | undefined;
}

/**
 * Linear classifiers trained by averaged SGD: logistic regression, support vector machines, softmax. Labels are strings or
 * numbers. In the habits of scikit-learn's `SGDClassifier(average=True)`; the README says what is different.
 *
 * @throws OptionError
 */
export class ASGDClassifier<Name extends Label = Label> extends Estimator<
  Name,
  ClassTargets<Name>,
  ClassifierOptions
> {
  constructor(options: Partial<ClassifierOptions> = {}) {
    super(resolveClassifierOptions(options));
  }

  /**
   * Trains on rows once, in their order, and goes on from where training stood. Rows before one that is wrong are kept.
   * Batches do not reach from one call, or one chunk of a stream, into the next.
   * @throws DataError naming row and column; DivergedError; LengthError; ArgumentError while another training runs
   */
  async partialFit(
    examples: AsyncIterable<Chunk<Name>>,
    options?: Omit<ClassifierFitOptions<Name>, 'sampleWeight'>,
  ): Promise<this>;
  async partialFit(rows: Rows, labels: ArrayLike<Name>, options?: ClassifierFitOptions<Name>): Promise<this>;
  async partialFit(
    rows: Rows | AsyncIterable<Chunk<Name>>,
    second?: ArrayLike<Name> | ClassifierFitOptions<Name>,
    third?: ClassifierFitOptions<Name>,
  ): Promise<this> {
    const isStream = Symbol.asyncIterator in rows;
    const options = (isStream ? (second as ClassifierFitOptions<Name> | undefined) : third) ?? {};
    const labels = isStream ? undefined : (second as ArrayLike<Name>);
    return this.continueFit(rows, labels, options, () => {
      if (this.options.classWeight === 'balanced') {
        throw new UnsupportedError(
          `classWeight: 'balanced' needs all labels at once: give partialFit() a model with a weight for each class.`,
        );
      }
      return this.#targetsOf(checkClasses(options.classes));
    });
  }

  /** The classes, in order: numbers by size, strings by their code units. */
  get classes(): readonly Name[] {
    return this.fitted.targets.classes;
  }

  /**
   * Scores: one column for two classes, positive for the second one; otherwise a column for each class.
   * @throws DataError, NotFittedError
   */
  decisionFunction(rows: Rows): DenseMatrix {
    const { scores, count } = this.scores(rows);
    return { data: scores, shape: [count, this.fitted.targets.outputs] };
  }

  /** The class of each row. @throws DataError, NotFittedError */
  predict(rows: Rows): Name[] {
    const { classes, outputs } = this.fitted.targets;
    const { scores, count } = this.scores(rows);
    const numberOf = (row: number): number =>
      outputs === 1 ? Number((scores[row] ?? 0) >= 0) : largestAt(scores, row * outputs, outputs);
    return Array.from({ length: count }, (_, row) => classes[numberOf(row)] as Name);
  }

  /**
   * The probability of each class, a column each: for the losses `log` and `softmax`, and for `modifiedHuber` after
   * T. Zhang (2004). One against the rest, they are scaled to a sum of 1.
   * @throws UnsupportedError for other losses; DataError, NotFittedError
   */
  predictProba(rows: Rows): DenseMatrix {
    const { loss } = this.options;
    if (loss === 'hinge' || loss === 'squaredHinge') {
      throw new UnsupportedError(
        `The loss ${loss} gives no probabilities: use log, softmax or modifiedHuber.`,
      );
    }
    const { classes, outputs } = this.fitted.targets;
    const { scores, count } = this.scores(rows);
    const data = new Float64Array(count * classes.length);
    for (let row = 0; row < count; row++) {
      const probabilities = data.subarray(row * classes.length, (row + 1) * classes.length);
      if (outputs === 1) {
        const second = probabilityOf(loss, scores[row] ?? NaN);
        probabilities.set([probabilityOf(loss, -(scores[row] ?? NaN)), second]);
      } else {
        probabilities.set(scores.subarray(row * outputs, (row + 1) * outputs));
        if (loss === 'softmax') softmax(probabilities, 0, outputs);
        else normalize(probabilities, loss);
      }
    }
    return { data, shape: [count, classes.length] };
  }

  /** The share of rows whose class is predicted; NaN without rows. @throws DataError, LengthError, NotFittedError */
  score(rows: Rows, labels: ArrayLike<Name>): number {
    const predicted = this.predict(rows);
    checkLength(labels, predicted.length, 'labels');
    return predicted.filter((name, row) => name === labels[row]).length / predicted.length;
  }

  /**
   * A model for rows that are not scaled, of this one, which was trained on what `scaler` makes of them. It predicts the
   * same, and is not trained any further. Weights and intercepts are those of the average.
   */
  fold(scaler: Scaling): ASGDClassifier<Name> {
    const model = new ASGDClassifier<Name>(this.options);
    model.fitted = this.folded(scaler);
    return model;
  }

  /**
   * A model whose weights are those of the last update, not their average: to compare the two. A copy, which is not trained
   * any further.
   * @throws NotFittedError
   */
  lastIterate(): ASGDClassifier<Name> {
    const model = new ASGDClassifier<Name>(this.options);
    model.fitted = this.lastFitted();
    return model;
  }

  /**
   * All of the model, as plain data with typed arrays, for `structuredClone`, workers and databases: `fromJSON` takes it
   * too.
   */
  toData(): ModelData {
    return writeModel('ASGDClassifier', this.options, this.fitted, this.fitted.targets.classes);
  }

  /** All of the model, for `JSON.stringify`: after `fromJSON`, training goes on bit for bit. */
  toJSON(): ModelJson {
    return toText(this.toData());
  }

  /** A model that `toJSON` or `toData` wrote, as an object or as text. @throws ModelError */
  static fromJSON<Name extends Label = Label>(json: unknown): ASGDClassifier<Name> {
    return readModel('ASGDClassifier', json, (options, classes) => {
      const model = new ASGDClassifier<Name>(options as Partial<ClassifierOptions>);
      const targets = model.#targetsOf(checkClasses(classes as readonly Name[]));
      return {
        model,
        outputs: targets.outputs,
        settle: (engine, isFolded) => {
          model.fitted = { engine, targets, isFolded };
        },
      };
    });
  }

  protected override targetsOf({ labels }: Chunk<Name>): ClassTargets<Name> {
    const classes = classesAmong(labels);
    if (classes.length < 2) {
      const found = classes.length === 0 ? 'There are no labels' : `All labels are ${describe(classes[0])}`;
      throw new ArgumentError(`${found}: expected two classes or more.`);
    }
    return this.#targetsOf(classes, labels);
  }

  #targetsOf(classes: readonly Name[], labels: ArrayLike<Name> = []): ClassTargets<Name> {
    const isSoftmax = this.options.loss === 'softmax';
    return new ClassTargets(classes, isSoftmax, this.#weightsOf(classes, labels));
  }

  #weightsOf(classes: readonly Name[], labels: ArrayLike<Name>): number[] {
    const { classWeight = {} } = this.options;
    if (classWeight === 'balanced') {
      const counts = new Map<Name, number>();
      for (const label of Array.from(labels)) counts.set(label, (counts.get(label) ?? 0) + 1);
      return classes.map((name) => labels.length / (classes.length * (counts.get(name) ?? NaN)));
    }
    const names = new Set(classes.map(String));
    const unknown = Object.keys(classWeight).find((name) => !names.has(name));
    if (unknown !== undefined) {
      throw new ArgumentError(
        `classWeight has ${describe(unknown)}: expected only the classes ${listed(classes)}.`,
      );
    }
    return classes.map((name) => (Object.hasOwn(classWeight, name) ? (classWeight[String(name)] ?? 1) : 1));
  }
}

/** Of the second class of two, by its score. */
function probabilityOf(loss: 'log' | 'modifiedHuber' | 'softmax', score: number): number {
  return loss === 'modifiedHuber' ? (Math.min(1, Math.max(-1, score)) + 1) / 2 : sigmoid(score);
}

/** The probabilities of classifiers that each told one class from the rest. Where none is for its class, all are alike. */
function normalize(scores: Float64Array, loss: 'log' | 'modifiedHuber'): void {
  let sum = 0;
  for (let c = 0; c < scores.length; c++) {
    const probability = probabilityOf(loss, scores[c] ?? NaN);
    scores[c] = probability;
    sum += probability;
  }
  for (let c = 0; c < scores.length; c++) {
    scores[c] = sum === 0 ? 1 / scores.length : (scores[c] ?? NaN) / sum;
  }
}

/** Which of the scores from `at` on is largest: the first of them if several are. */
function largestAt(scores: Float64Array, at: number, outputs: number): number {
  let largest = 0;
  for (let o = 1; o < outputs; o++) if ((scores[at + o] ?? NaN) > (scores[at + largest] ?? NaN)) largest = o;
  return largest;
}
