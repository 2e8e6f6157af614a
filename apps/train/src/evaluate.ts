import type { Reading } from './data/bytes.ts';
import type { Subset } from './data/subset.ts';
import { score, type Linear } from './model/linear.ts';
import type { Task } from './task.ts';

/** How well a model does on some rows. */
export interface Evaluation {
  /** The mean loss. */
  readonly loss: number;
  /** The share of rows that get a wrong class or, for numbers, the root mean squared error. */
  readonly error: number;
}

/** Evaluates any number of models in one pass over the rows. */
export async function evaluate(
  subset: Subset,
  models: readonly Linear[],
  { loss, outputs, target }: Task,
  reading?: Reading,
): Promise<Evaluation[]> {
  const scores = new Float64Array(outputs);
  const losses = new Float64Array(models.length);
  const errors = new Float64Array(models.length);
  for await (const { rows, picks } of subset.selections(reading)) {
    models.forEach((model, m) => {
      let lossSum = losses[m] ?? 0;
      let errorSum = errors[m] ?? 0;
      for (const row of picks) {
        const wanted = target(rows.labels[row] ?? NaN);
        score(model, rows, row, scores);
        lossSum += loss.value(scores, wanted);
        const decision = loss.decide(scores);
        if (loss.labels === 'numbers') errorSum += (decision - wanted) ** 2;
        else if (decision !== wanted) errorSum += 1;
      }
      losses[m] = lossSum;
      errors[m] = errorSum;
    });
  }
  return models.map((_, m) => {
    const error = (errors[m] ?? 0) / subset.count;
    return {
      loss: (losses[m] ?? 0) / subset.count,
      error: loss.labels === 'numbers' ? Math.sqrt(error) : error,
    };
  });
}
