import { DataError, NotFittedError } from './errors.ts';
import { type DenseMatrix, readRows, type Rows } from './rows.ts';
import type { Table } from './table.ts';

/**
 * Brings dense columns to mean 0 and standard deviation 1, learned in one pass over the rows. Train on what `transform`
 * makes, and `fold` the scaler into the model at the end: the folded model takes rows as they are.
 */
export class StandardScaler {
  #count = 0;
  #mean: Float64Array = new Float64Array(0);
  /** Sums of squared distances from the mean. */
  #squares: Float64Array = new Float64Array(0);

  /** Learns from the start. @throws DataError naming row and column; what was learned before is then kept */
  fit(rows: Rows): this {
    const fresh = new StandardScaler().partialFit(rows);
    if (fresh.#count === 0) throw new DataError('There are no rows: expected at least one.');
    this.#count = fresh.#count;
    this.#mean = fresh.#mean;
    this.#squares = fresh.#squares;
    return this;
  }

  /** Learns on. @throws DataError naming row and column; the rows before it are kept */
  partialFit(rows: Rows): this {
    const { table, problem } = readRows(rows, this.#count === 0 ? undefined : this.#mean.length);
    requireDense(table);
    for (let row = 0; row < table.count; row++) this.#add(table, row);
    if (problem !== undefined) throw problem;
    return this;
  }

  /** The mean of each column. A copy. @throws NotFittedError */
  get mean(): Float64Array {
    this.#requireFitted();
    return this.#mean.slice();
  }

  /**
   * The standard deviation of each column, over all rows (not one less); 1 for a column that is constant but for rounding.
   * A copy. @throws NotFittedError
   */
  get scale(): Float64Array {
    this.#requireFitted();
    return this.#squares.map((sum, column) => {
      const deviation = Math.sqrt(sum / this.#count);
      return deviation > 10 * Number.EPSILON * Math.abs(this.#mean[column] ?? 0) ? deviation : 1;
    });
  }

  /** The rows, each column less its mean, over its standard deviation. @throws DataError, NotFittedError */
  transform(rows: Rows): DenseMatrix {
    this.#requireFitted();
    const { table, problem } = readRows(rows, this.#mean.length);
    requireDense(table);
    if (problem !== undefined) throw problem;
    const { count, features, values } = table;
    const { scale } = this;
    const data = new Float64Array(count * features);
    for (let at = 0; at < data.length; at++) {
      const column = at % features;
      data[at] = ((values[at] ?? NaN) - (this.#mean[column] ?? NaN)) / (scale[column] ?? NaN);
    }
    return { data, shape: [count, features] };
  }

  /** `fit` and `transform` of the same rows. */
  fitTransform(rows: Rows): DenseMatrix {
    return this.fit(rows).transform(rows);
  }

  /** Welford's update (1962): no squares of values that could drown small differences. */
  #add({ features, values }: Table, row: number): void {
    if (this.#count === 0) {
      this.#mean = new Float64Array(features);
      this.#squares = new Float64Array(features);
    }
    this.#count++;
    for (let column = 0; column < features; column++) {
      const value = values[row * features + column] ?? NaN;
      const mean = this.#mean[column] ?? 0;
      const moved = mean + (value - mean) / this.#count;
      this.#mean[column] = moved;
      this.#squares[column] = (this.#squares[column] ?? 0) + (value - mean) * (value - moved);
    }
  }

  #requireFitted(): void {
    if (this.#count > 0) return;
    throw new NotFittedError('This StandardScaler has seen no rows: call fit() or partialFit() first.');
  }
}

function requireDense({ isDense }: Table): void {
  if (isDense) return;
  throw new DataError(
    'StandardScaler was given a CSR matrix: expected dense rows. Less their means, sparse rows would have no zeros left.',
  );
}
