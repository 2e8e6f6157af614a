import { ASGDClassifier } from '@asgd/linear';
import { chunksOf } from '../data/chunks.ts';
import type { Subset } from '../data/subset.ts';
import type { Model } from '../model.ts';
import type { Label } from '../data/labels.ts';
import type { Task } from '../task.ts';

/** Lines are passed on in pieces of about this many characters. */
const pieceLength = 64 * 1024;

/** CSV with a line for every row of a part: its number in the data, its label, and the prediction. */
export async function* predictions(subset: Subset, model: Model, task: Task): AsyncGenerator<string> {
  const classifier = task.loss.givesProbabilities && model instanceof ASGDClassifier ? model : undefined;
  let piece = classifier === undefined ? 'row,label,prediction\n' : 'row,label,prediction,probability\n';
  for await (const { rows, targets, numbers } of chunksOf(subset, task)) {
    const predicted = model.predict(rows);
    const probabilities = classifier?.predictProba(rows).data;
    for (let row = 0; row < targets.length; row += 1) {
      const prediction = predicted[row] ?? NaN;
      const cells = [
        (numbers[row] ?? NaN) + 1,
        cell(task.label(targets[row] ?? NaN)),
        cell(task.label(prediction)),
      ];
      const probability = probabilities?.[row * task.classes.length + prediction];
      if (probability !== undefined) cells.push(Number(probability.toPrecision(6)));
      piece += `${cells.join(',')}\n`;
      if (piece.length < pieceLength) continue;
      yield piece;
      piece = '';
    }
  }
  yield piece;
}

/** A label as a cell of CSV: in quotes where it must be (RFC 4180), or would lose the blanks around it. */
export function cell(label: Label): string {
  const text = String(label);
  return /[",;\t\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
