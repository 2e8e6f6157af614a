import {
  ASGDClassifier,
  ASGDRegressor,
  type ChunkReport,
  type CommonOptions,
  type ModelData,
} from '@asgd/linear';
import type { Chunk } from './data/chunks.ts';
import type { Task } from './task.ts';

/** A linear model. The classes of a classifier are places in the list that a task has. */
export type Model = ASGDClassifier<number> | ASGDRegressor;

/** Options that do not depend on the loss. */
export type ModelOptions = Pick<
  CommonOptions,
  'lr' | 'lambd' | 'alpha' | 't0' | 'weightDecay' | 'batchSize' | 'interceptStep' | 'kernels'
>;

/** @param epsilon where Huber's loss becomes linear */
export function makeModel({ loss }: Task, options: ModelOptions, epsilon: number): Model {
  return loss.labels === 'classes'
    ? new ASGDClassifier<number>({ ...options, loss: loss.linear })
    : new ASGDRegressor({ ...options, loss: loss.linear, epsilon });
}

/** A model that was saved. @throws ModelError of `@asgd/linear` */
export function readModel({ loss }: Task, saved: ModelData, kernels: ModelOptions['kernels']): Model {
  const data = { ...saved, options: { ...saved.options, kernels } };
  return loss.labels === 'classes' ? ASGDClassifier.fromJSON<number>(data) : ASGDRegressor.fromJSON(data);
}

/** Trains on rows in their order, and reports the mean loss of them, each before its own update. */
export async function learn(model: Model, { rows, targets }: Chunk, task: Task): Promise<ChunkReport> {
  let report: ChunkReport | undefined;
  const onChunk = (found: ChunkReport): void => {
    report = found;
  };
  if (model instanceof ASGDClassifier) {
    const classes = [...task.classes.keys()];
    await model.partialFit(rows, targets, { classes, onChunk });
  } else await model.partialFit(rows, targets, { onChunk });
  if (report === undefined) throw new Error('a chunk had no rows');
  return report;
}

/** The weights of a model: that of feature f for output o is `weight[f * outputs + o]`. `bias` has one for each output. */
export interface Weights {
  readonly weight: Float64Array;
  readonly bias: Float64Array;
}

export function weightsOf({ coef, intercept }: Model): Weights {
  const [outputs, features] = coef.shape;
  const weight = new Float64Array(features * outputs);
  for (let o = 0; o < outputs; o += 1) {
    for (let f = 0; f < features; f += 1) weight[f * outputs + o] = coef.data[o * features + f] ?? NaN;
  }
  return { weight, bias: intercept };
}
