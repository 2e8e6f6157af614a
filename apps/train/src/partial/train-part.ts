import { ASGDClassifier } from '@asgd/linear';
import { type ModelPart, partOf } from '@asgd/linear/merge';
import type { PipeCommand } from './command-line.ts';
import { classCoding, numberCoding } from './labels.ts';
import { readChunks } from './read-rows.ts';
import { checkAgreement, loadModel, newModel } from './start-model.ts';

/**
 * Trains on rows once, in their order. What comes of it does not depend on how the bytes arrive.
 * @returns `undefined` if there are no rows
 */
export async function trainPart(
  input: AsyncIterable<Uint8Array>,
  { training, rows, model: file }: PipeCommand,
): Promise<ModelPart | undefined> {
  const start = file === undefined ? newModel(training, rows.format) : loadModel(file);
  if (file !== undefined) checkAgreement(training, start);
  const { model, features, classes } = start;
  const labels = classes === undefined ? numberCoding : classCoding(classes);
  let hasRows = false;
  const reading = { options: rows, labels, features, batch: model.options.batchSize };
  for await (const chunk of readChunks(input, reading)) {
    if (model instanceof ASGDClassifier) {
      await model.partialFit(chunk.rows, Array.from(chunk.labels, labels.decode), { classes });
    } else {
      await model.partialFit(chunk.rows, chunk.labels);
    }
    hasRows = true;
  }
  return hasRows ? partOf(model, start.steps) : undefined;
}
