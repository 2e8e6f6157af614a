import { ArgumentError, describe } from '@asgd/core';
import { slice, Tensor, tidy, zerosLike } from '@tensorflow/tfjs-core';
import { checkModel, type Layer, type Model } from './model.ts';

// What is private to tf.layers is used here only: the statistics of BatchNormalization, and its momentum. Tried with 4.22.

/** The inputs of a model: one tensor, or batches of inputs, also as `tf.data` gives them. */
export type Batches =
  Tensor | Iterable<Batch> | AsyncIterable<Batch> | { forEachAsync(visit: never): Promise<void> };

/** A batch of inputs, or one as for training, `{ xs, ys }`. */
export type Batch = Tensor | readonly Tensor[] | { readonly xs: Tensor | readonly Tensor[] };

/** How a tensor is cut into batches. */
export interface BatchNormOptions {
  /** Rows per batch. Default 32, as in `model.fit()`. */
  readonly batchSize?: number;
}

interface BatchNormalization {
  momentum: number;
  readonly movingMean: Statistic;
  readonly movingVariance: Statistic;
}

interface Statistic {
  read(): Tensor;
  write(value: Tensor): unknown;
}

interface Recomputed {
  readonly layers: number;
  /** Puts the statistics of before back. */
  restore(): void;
  /** Keeps the new ones. */
  forget(): void;
}

/** Replaces the statistics by their means over all batches, for the weights of now. @throws ArgumentError */
export async function recomputeStatistics(
  model: Model,
  data: Batches,
  { batchSize = 32 }: BatchNormOptions = {},
): Promise<Recomputed> {
  checkModel(model, 'updateBatchNorm()');
  if (!Number.isSafeInteger(batchSize) || batchSize < 1) {
    throw new ArgumentError(
      `updateBatchNorm() was given batchSize: ${describe(batchSize)}. Expected an integer >= 1.`,
    );
  }
  const layers = normalizationsIn(model.layers);
  const statistics = layers.flatMap(({ movingMean, movingVariance }) => [movingMean, movingVariance]);
  const before = statistics.map((statistic) => statistic.read().clone());
  const forget = (): void => {
    for (const tensor of before.splice(0)) tensor.dispose();
  };
  const restore = (): void => {
    before.forEach((tensor, index) => statistics[index]?.write(tensor));
    forget();
  };
  const momenta = layers.map(({ momentum }) => momentum);
  try {
    if (layers.length > 0) await replace(model, data, batchSize, layers, statistics);
  } catch (error) {
    restore();
    throw error;
  } finally {
    layers.forEach((layer, index) => (layer.momentum = momenta[index] as number));
  }
  return { layers: layers.length, restore, forget };
}

async function replace(
  model: Model,
  data: Batches,
  batchSize: number,
  layers: readonly BatchNormalization[],
  statistics: readonly Statistic[],
): Promise<void> {
  tidy(() => statistics.forEach((statistic) => statistic.write(zerosLike(statistic.read()))));
  let seen = 0;
  await forEachBatch(data, batchSize, (batch) => {
    seen++;
    // The first batch replaces the zeros, and the k-th gets the weight 1/k: in the end, each has the same.
    for (const layer of layers) layer.momentum = 1 - 1 / seen;
    tidy(() => void model.apply(batch as never, { training: true } as never));
  });
  if (seen === 0) throw new ArgumentError('updateBatchNorm() was given no batch: expected at least one.');
}

async function forEachBatch(
  data: Batches,
  batchSize: number,
  visit: (inputs: Tensor | readonly Tensor[]) => void,
): Promise<void> {
  if (data instanceof Tensor) {
    const [rows = 0] = data.shape;
    for (let start = 0; start < rows; start += batchSize) {
      tidy(() => visit(slice(data, start, Math.min(batchSize, rows - start))));
    }
  } else if (typeof data === 'object' && data !== null && 'forEachAsync' in data) {
    await data.forEachAsync(((batch: Batch) => visit(inputsOf(batch))) as never);
  } else if (isIterable(data)) {
    for await (const batch of data) visit(inputsOf(batch));
  } else {
    throw new ArgumentError(
      `updateBatchNorm() was given ${describe(data)} as data: expected a tensor of inputs, or batches of them.`,
    );
  }
}

function inputsOf(batch: Batch): Tensor | readonly Tensor[] {
  return batch instanceof Tensor || !('xs' in batch) ? batch : batch.xs;
}

function isIterable(data: unknown): data is Iterable<Batch> | AsyncIterable<Batch> {
  return (
    typeof data === 'object' && data !== null && (Symbol.iterator in data || Symbol.asyncIterator in data)
  );
}

/** Also those inside of other models, and of wrappers. */
function normalizationsIn(layers: readonly Layer[]): readonly BatchNormalization[] {
  return layers.flatMap((layer) => {
    const { layers: inner, layer: wrapped } = layer as { layers?: readonly Layer[]; layer?: Layer };
    if (layer.getClassName() === 'BatchNormalization') return [layer as unknown as BatchNormalization];
    return [...(inner ? normalizationsIn(inner) : []), ...(wrapped ? normalizationsIn([wrapped]) : [])];
  });
}
