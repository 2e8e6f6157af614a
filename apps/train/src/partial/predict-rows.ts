import { ASGDClassifier } from '@asgd/linear';
import { cell } from '../output/predictions.ts';
import { losses } from '../losses.ts';
import type { PipeCommand } from './command-line.ts';
import { UsageError } from './failure.ts';
import { classCoding, numberCoding } from './labels.ts';
import { readChunks } from './read-rows.ts';
import { loadModel } from './start-model.ts';

/** Of the averaged weights, as `--predict` writes them after training. */
export async function* predictRows(
  input: AsyncIterable<Uint8Array>,
  { rows: options, model: file }: PipeCommand,
): AsyncGenerator<string> {
  if (file === undefined) throw new UsageError('expected --model with the model that predicts');
  const { model, features, classes } = loadModel(file);
  const labels = classes === undefined ? numberCoding : classCoding(classes);
  const { loss } = model.options;
  const isProbable = Object.values(losses).some((each) => each.linear === loss && each.givesProbabilities);
  const classifier = isProbable && model instanceof ASGDClassifier ? model : undefined;
  yield classifier === undefined ? 'row,label,prediction\n' : 'row,label,prediction,probability\n';
  let number = 0;
  for await (const chunk of readChunks(input, { options, labels, features, batch: 1 })) {
    const predicted = model.predict(chunk.rows);
    const probabilities = classifier?.predictProba(chunk.rows).data;
    let lines = '';
    for (const [row, prediction] of predicted.entries()) {
      number += 1;
      const cells = [number, cell(labels.decode(chunk.labels[row] ?? NaN)), cell(prediction)];
      const place = classes?.indexOf(prediction) ?? NaN;
      const probability = probabilities?.[row * (classes?.length ?? NaN) + place];
      if (probability !== undefined) cells.push(Number(probability.toPrecision(6)));
      lines += `${cells.join(',')}\n`;
    }
    yield lines;
  }
}
