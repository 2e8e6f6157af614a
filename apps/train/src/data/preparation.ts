import type { SquaredNorms } from '@asgd/linear';
import { UserError } from '../errors.ts';
import type { Columns } from './columns.ts';
import type { Rows } from './rows.ts';
import type { Table } from './table.ts';

/** What is done to the values of CSV before training, by feature. */
export interface Preparation {
  /** What takes the place of a missing value. */
  readonly mean: Float64Array;
  /** Every value has the mean subtracted and is divided by this; `null` if values stay as they are. */
  readonly deviation: Float64Array | null;
}

/**
 * Means and squared deviations of columns of numbers, by Welford's method (1962): a sum of squares would lose digits. Where
 * rows are sparse, those of other features are of no use, for zeros are not counted.
 */
export class Moments {
  readonly #counts: Float64Array;
  readonly #means: Float64Array;
  readonly #squares: Float64Array;
  readonly #least: Float64Array;
  readonly #most: Float64Array;
  #rows = 0;

  constructor(features: number) {
    this.#counts = new Float64Array(features);
    this.#means = new Float64Array(features);
    this.#squares = new Float64Array(features);
    this.#least = new Float64Array(features).fill(Infinity);
    this.#most = new Float64Array(features).fill(-Infinity);
  }

  /** Adds some rows of a block. A missing value, NaN, counts for nothing. */
  add(rows: Rows, picks: Uint32Array): void {
    const { values } = rows;
    const [counts, means, squares, least, most] = [
      this.#counts,
      this.#means,
      this.#squares,
      this.#least,
      this.#most,
    ];
    const features = means.length;
    this.#rows += picks.length;
    for (const row of picks) {
      const isDense = rows.layout === 'dense';
      const start = isDense ? row * features : (rows.starts[row] ?? 0);
      const end = isDense ? start + features : (rows.starts[row + 1] ?? 0);
      for (let at = start; at < end; at += 1) {
        const f = isDense ? at - start : (rows.indices[at] ?? 0);
        const value = values[at] ?? NaN;
        if (Number.isNaN(value)) continue;
        if (value < (least[f] ?? NaN)) least[f] = value;
        if (value > (most[f] ?? NaN)) most[f] = value;
        const count = (counts[f] ?? 0) + 1;
        const mean = means[f] ?? 0;
        const next = mean + (value - mean) / count;
        counts[f] = count;
        means[f] = next;
        squares[f] = (squares[f] ?? 0) + (value - mean) * (value - next);
      }
    }
  }

  /** What to do to the table's rows. A missing value counts as the mean: it does not deviate. */
  preparation(file: string, columns: Columns, standardize: boolean): Preparation {
    const mean = this.#means.slice();
    // A constant column becomes 0.
    const deviation = this.#squares.map((sum) => Math.sqrt(sum / this.#rows) || 1);
    let f = 0;
    for (const { name, isNumber } of columns.describeFeatures()) {
      if (isNumber && this.#counts[f] === 0) {
        throw new UserError(
          `${file}: found no value of ${name} in the training rows, expected at least one: leave the column out (--ignore)`,
        );
      }
      // A category stays 0 or 1.
      if (!isNumber) {
        mean[f] = 0;
        deviation[f] = 1;
      }
      f += 1;
    }
    return { mean, deviation: standardize ? deviation : null };
  }

  /**
   * Of the prepared rows, with the step of the intercept: the mean square, and what the largest is at most, which is what a
   * row would have that is as far from the middle as any in every column.
   */
  squaredNorms({ mean, deviation }: Preparation, columns: Columns, interceptStep: number): SquaredNorms {
    // What a column makes that is not of numbers has length 1, or 0.
    let meanSquare = interceptStep + columns.units;
    let largest = meanSquare;
    let f = -1;
    for (const { isNumber } of columns.describeFeatures()) {
      f += 1;
      if (!isNumber) continue;
      const center = deviation === null ? 0 : (mean[f] ?? 0);
      const scale = deviation?.[f] ?? 1;
      const spread = (this.#squares[f] ?? 0) / this.#rows;
      meanSquare += (spread + ((this.#means[f] ?? 0) - center) ** 2) / scale ** 2;
      const reach = Math.max(center - (this.#least[f] ?? 0), (this.#most[f] ?? 0) - center);
      largest += (reach / scale) ** 2;
    }
    return { mean: meanSquare, largest };
  }
}

/** A table whose rows are prepared: those in memory at once and in place, others whenever they are read. */
export function prepare(table: Table, preparation: Preparation): Table {
  if (table.kept !== undefined) {
    change(table.kept, preparation);
    return table;
  }
  return {
    ...table,
    async *blocks(reading) {
      for await (const rows of table.blocks(reading)) {
        change(rows, preparation);
        yield rows;
      }
    },
  };
}

function change(rows: Rows, { mean, deviation }: Preparation): void {
  const { values } = rows;
  const features = mean.length;
  // Numbers are stored in sparse rows too, even zeros.
  for (let at = 0, column = 0; at < values.length; at += 1) {
    const f = rows.layout === 'dense' ? column : (rows.indices[at] ?? 0);
    const center = mean[f] ?? 0;
    let value = values[at] ?? NaN;
    if (Number.isNaN(value)) value = center;
    values[at] = deviation === null ? value : (value - center) / (deviation[f] ?? 1);
    column = column + 1 === features ? 0 : column + 1;
  }
}
