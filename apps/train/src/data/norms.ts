import type { SquaredNorms } from '@asgd/linear';
import { offsetOf, type Rows } from './rows.ts';

/** The squared lengths of rows. Rows of zeros do not count: no step is too large for them. */
export class Norms {
  #sum = 0;
  #count = 0;
  #largest = 0;

  /** Adds some rows of a block. */
  add(rows: Rows, picks: Uint32Array): void {
    const { values } = rows;
    for (const row of picks) {
      const end = offsetOf(rows, row + 1);
      let square = 0;
      for (let i = offsetOf(rows, row); i < end; i += 1) square += (values[i] ?? 0) ** 2;
      if (square === 0) continue;
      this.#sum += square;
      this.#count += 1;
      if (square > this.#largest) this.#largest = square;
    }
  }

  /** With the step of the intercept, as a fraction of the weights'. */
  squared(interceptStep: number): SquaredNorms {
    return { mean: this.#sum / this.#count + interceptStep, largest: this.#largest + interceptStep };
  }
}
