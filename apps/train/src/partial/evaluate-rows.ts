import { ASGDClassifier, type ASGDRegressor } from '@asgd/linear';
import type { PipeCommand } from './command-line.ts';
import type { RowChunk } from './chunks.ts';
import { UsageError } from './failure.ts';
import { classCoding, type LabelCoding, numberCoding } from './labels.ts';
import { readChunks } from './read-rows.ts';
import { loadModel } from './start-model.ts';

/** Sums over rows, so that those of several machines add up. */
interface Sums {
  /** Of the loss of each row, without penalties. */
  loss: number;
  /** How many rows are given another class than theirs; of a regression, the sum of squared errors. */
  error: number;
}

/** What a model does on rows that it has not seen. */
export interface Evaluation {
  readonly format: 'asgd-linear-evaluation';
  readonly version: 1;
  readonly rows: number;
  /** Of the averaged weights. */
  readonly average: Readonly<Sums>;
  /** Of the weights after the last update. */
  readonly iterate: Readonly<Sums>;
}

/** @returns `undefined` if there are no rows */
export async function evaluateRows(
  input: AsyncIterable<Uint8Array>,
  { rows: options, model: file }: PipeCommand,
): Promise<Evaluation | undefined> {
  if (file === undefined) throw new UsageError('expected --model with the model to evaluate');
  const { model, features, classes } = loadModel(file);
  const last = model.lastIterate();
  const labels = classes === undefined ? numberCoding : classCoding(classes);
  const average: Sums = { loss: 0, error: 0 };
  const iterate: Sums = { loss: 0, error: 0 };
  let rows = 0;
  for await (const chunk of readChunks(input, { options, labels, features, batch: 1 })) {
    add(average, model, chunk, labels);
    add(iterate, last, chunk, labels);
    rows += chunk.labels.length;
  }
  if (rows === 0) return undefined;
  return { format: 'asgd-linear-evaluation', version: 1, rows, average, iterate };
}

function add(sums: Sums, model: ASGDClassifier | ASGDRegressor, chunk: RowChunk, labels: LabelCoding): void {
  if (model instanceof ASGDClassifier) {
    const names = Array.from(chunk.labels, labels.decode);
    sums.loss += names.length * model.loss(chunk.rows, names);
    sums.error += model.predict(chunk.rows).filter((name, row) => name !== names[row]).length;
    return;
  }
  const { length } = chunk.labels;
  sums.loss += length * model.loss(chunk.rows, chunk.labels);
  const predicted = model.predict(chunk.rows);
  for (let row = 0; row < length; row++) {
    sums.error += ((predicted[row] ?? NaN) - (chunk.labels[row] ?? NaN)) ** 2;
  }
}
