import type { Reading } from './data/bytes.ts';
import { chunksOf } from './data/chunks.ts';
import type { Subset } from './data/subset.ts';
import type { Model } from './model.ts';
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
  models: readonly Model[],
  task: Task,
  reading?: Reading,
): Promise<Evaluation[]> {
  const isNumeric = task.loss.labels === 'numbers';
  const sums = models.map(() => ({ loss: 0, error: 0 }));
  for await (const { rows, targets } of chunksOf(subset, task, reading)) {
    for (const [m, model] of models.entries()) {
      const sum = sums[m];
      if (sum === undefined) continue;
      sum.loss += model.loss(rows, targets) * targets.length;
      const predicted = model.predict(rows);
      for (let row = 0; row < targets.length; row += 1) {
        const distance = (predicted[row] ?? NaN) - (targets[row] ?? NaN);
        if (isNumeric) sum.error += distance * distance;
        else if (distance !== 0) sum.error += 1;
      }
    }
  }
  return sums.map(({ loss, error }) => {
    const mean = error / subset.count;
    return { loss: loss / subset.count, error: isNumeric ? Math.sqrt(mean) : mean };
  });
}
