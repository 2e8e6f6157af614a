import { ArgumentError } from '@asgd/core';
import type { Scalar, Tensor } from '@tensorflow/tfjs-core';
import type { Batches } from './batch-norm.ts';
import { checkModel, type Model } from './model.ts';

/** What `model.fit()` tells at the end of an epoch. */
export type Logs = Record<string, number>;

/** For `callbacks` of `model.fit()`. */
export interface Callback {
  /** Evaluates, and adds what it finds to `logs`. @throws ArgumentError for a model that is not being fitted */
  onEpochEnd(epoch: number, logs?: Logs): Promise<void>;
}

/** How averages are evaluated. */
export interface EvaluateOptions {
  /** Inputs to compute the statistics of batch normalization from, for the averages. Without it, they are the last iterate's. */
  readonly batchNorm?: Batches;
}

/** The optimizer, as far as it is needed here. */
interface Averages {
  readonly options: { readonly t0: number | 'auto' };
  withAverages<Result>(fn: () => Promise<Result>): Promise<Result>;
  updateBatchNorm(model: Model, data: Batches): Promise<number>;
  observe(loss: number): boolean;
}

// What is private to tf.layers is used here only: `fitLoop`, and the model inside a `tf.Sequential`. Tried with 4.22.

/** A model as far as it trains. */
interface Trainer {
  readonly inputs: readonly unknown[];
  readonly outputs: readonly unknown[];
  evaluate(x: readonly Tensor[], y: readonly Tensor[], args: object): Scalar | Scalar[];
  /** Of its arguments, the second has the inputs and targets, the fourth the batch size, and the ninth what to validate on. */
  fitLoop(...given: unknown[]): Promise<unknown>;
  fitDataset(dataset: unknown, args: DatasetArgs): Promise<unknown>;
  evaluateDataset(dataset: unknown, args: object): Promise<Scalar | Scalar[]>;
}

interface DatasetArgs {
  readonly validationData?: unknown;
  readonly validationBatches?: number;
  readonly validationBatchSize?: number;
  readonly batchesPerEpoch?: number;
}

/** Evaluates a model. The caller disposes of the scalars. */
type Evaluate = () => Scalar | Scalar[] | Promise<Scalar | Scalar[]>;

/** How the model that is training now is evaluated. */
interface Watch {
  evaluate: Evaluate | undefined;
}

const watches = new WeakMap<object, Watch>();

export function evaluateAveraged(
  optimizer: Averages,
  model: Model,
  { batchNorm }: EvaluateOptions = {},
): Callback {
  checkModel(model, 'evaluateAveraged()');
  const watched = watch(((model as { model?: unknown }).model ?? model) as Trainer);
  return {
    async onEpochEnd(_epoch, logs = {}) {
      const { evaluate } = watched;
      if (!evaluate) {
        throw new ArgumentError(
          'The callback of evaluateAveraged(model) does not know the data that the model is trained on: give it to ' +
            'fit() or fitDataset() of the same model, and make it before the call, in a statement of its own.',
        );
      }
      const last = await numbersOf(evaluate);
      const averaged = await optimizer.withAverages(async () => {
        if (batchNorm) await optimizer.updateBatchNorm(model, batchNorm);
        return numbersOf(evaluate);
      });
      model.metricsNames.forEach((name, index) => {
        logs[`last_${name}`] = last[index] ?? NaN;
        logs[`averaged_${name}`] = averaged[index] ?? NaN;
      });
      if (optimizer.options.t0 === 'auto') optimizer.observe(last[0] ?? NaN);
    },
  };
}

/** A callback does not get to see the data, so the model's own methods pass it on. */
function watch(trainer: Trainer): Watch {
  const known = watches.get(trainer);
  if (known) return known;
  const watched: Watch = { evaluate: undefined };
  watches.set(trainer, watched);
  const { fitLoop, fitDataset } = trainer;
  const end = (): void => {
    watched.evaluate = undefined;
  };
  trainer.fitLoop = async (...given) => {
    const [, ins, , batchSize, , , , , validation] = given as [
      unknown,
      Tensor[],
      unknown,
      number,
      ...Tensor[][],
    ];
    const tensors = validation && validation.length > 0 ? validation : ins;
    const start = trainer.inputs.length;
    const [x, y] = [tensors.slice(0, start), tensors.slice(start, start + trainer.outputs.length)];
    watched.evaluate = () => trainer.evaluate(x, y, { batchSize });
    return fitLoop.apply(trainer, given).finally(end);
  };
  trainer.fitDataset = async (dataset, args) => {
    watched.evaluate = () => evaluateDataset(trainer, dataset, args);
    return fitDataset.call(trainer, dataset, args).finally(end);
  };
  return watched;
}

function evaluateDataset(trainer: Trainer, dataset: unknown, args: DatasetArgs): ReturnType<Evaluate> {
  const { validationData, validationBatches, validationBatchSize: batchSize = 32, batchesPerEpoch } = args;
  if (Array.isArray(validationData)) {
    const [x, y] = validationData as [Tensor[], Tensor[]];
    return trainer.evaluate(x, y, { batchSize });
  }
  return validationData === undefined
    ? trainer.evaluateDataset(dataset, { batches: batchesPerEpoch })
    : trainer.evaluateDataset(validationData, { batches: validationBatches });
}

async function numbersOf(evaluate: Evaluate): Promise<readonly number[]> {
  const results = [await evaluate()].flat();
  const numbers = await Promise.all(results.map(async (scalar) => (await scalar.data())[0] ?? NaN));
  for (const scalar of results) scalar.dispose();
  return numbers;
}
