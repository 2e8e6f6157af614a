import type { Subset } from '../data/subset.ts';
import { score, type Linear } from '../model/linear.ts';
import type { Label } from '../data/labels.ts';
import type { Task } from '../task.ts';

/** Lines are passed on in pieces of about this many characters. */
const pieceLength = 64 * 1024;

/** CSV with a line for every row of a part: its number in the data, its label, and the prediction. */
export async function* predictions(subset: Subset, model: Linear, task: Task): AsyncGenerator<string> {
  const { loss } = task;
  const scores = new Float64Array(task.outputs);
  let piece =
    loss.probability === undefined ? 'row,label,prediction\n' : 'row,label,prediction,probability\n';
  for await (const { rows, picks } of subset.selections()) {
    for (const row of picks) {
      score(model, rows, row, scores);
      const probability = loss.probability?.(scores);
      const number = rows.numbers?.[row] ?? rows.first + row;
      const label = task.label(task.target(rows.labels[row] ?? NaN));
      const cells = [number + 1, cell(label), cell(task.label(loss.decide(scores)))];
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
function cell(label: Label): string {
  const text = String(label);
  return /[",;\t\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
