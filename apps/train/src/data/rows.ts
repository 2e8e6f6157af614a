/** Consecutive rows of a table: labels, and values laid out one row after another. */
export type Rows = DenseRows | SparseRows;

interface Labelled {
  /** The number, from 0, of the first of these rows in the table. */
  readonly first: number;
  readonly count: number;
  readonly labels: Float64Array;
  readonly values: Float32Array;
}

/** Row r holds `width` values from `values[r * width]`. */
export interface DenseRows extends Labelled {
  readonly layout: 'dense';
  readonly width: number;
}

/** Row r holds the values from `starts[r]` to `starts[r + 1] - 1`; `indices` says, from 0, of which features. */
export interface SparseRows extends Labelled {
  readonly layout: 'sparse';
  readonly starts: Float64Array;
  readonly indices: Uint32Array;
}

/** What rows take in memory. */
export function bytesOf(rows: Rows): number {
  const perRow = rows.layout === 'dense' ? 8 : 16;
  const perValue = rows.layout === 'dense' ? 4 : 8;
  return rows.count * perRow + rows.values.length * perValue;
}

/** What a parser does with the row it reads: its values in order, then its label, which ends it. */
export interface RowSink {
  value(index: number, value: number): void;
  endRow(label: number): void;
}

/** Collects rows in typed arrays that grow as needed. */
export class RowBuilder implements RowSink {
  readonly #layout: 'dense' | 'sparse';
  #first = 0;
  #count = 0;
  #stored = 0;
  #labels: Float64Array<ArrayBuffer> = new Float64Array(1024);
  #starts: Float64Array<ArrayBuffer> = new Float64Array(1024);
  #values: Float32Array<ArrayBuffer> = new Float32Array(4096);
  #indices: Uint32Array<ArrayBuffer> = new Uint32Array(0);

  constructor(layout: 'dense' | 'sparse') {
    this.#layout = layout;
    if (layout === 'sparse') this.#indices = new Uint32Array(4096);
  }

  get count(): number {
    return this.#count;
  }

  /** Bytes that the rows so far take. */
  get bytes(): number {
    const perValue = this.#layout === 'sparse' ? 8 : 4;
    const perRow = this.#layout === 'sparse' ? 16 : 8;
    return this.#count * perRow + this.#stored * perValue;
  }

  value(index: number, value: number): void {
    if (this.#stored === this.#values.length) this.#growValues();
    this.#values[this.#stored] = value;
    if (this.#layout === 'sparse') this.#indices[this.#stored] = index;
    this.#stored += 1;
  }

  endRow(label: number): void {
    if (this.#count + 1 >= this.#labels.length) this.#growRows();
    this.#labels[this.#count] = label;
    this.#count += 1;
    this.#starts[this.#count] = this.#stored;
  }

  /** The rows so far; the builder goes on with the row after them, in new arrays of the same size. */
  take(): Rows {
    const count = this.#count;
    const labels = this.#labels.subarray(0, count);
    const values = this.#values.subarray(0, this.#stored);
    const shared = { first: this.#first, count, labels, values };
    const rows: Rows =
      this.#layout === 'dense'
        ? { ...shared, layout: 'dense', width: count === 0 ? 0 : values.length / count }
        : {
            ...shared,
            layout: 'sparse',
            starts: this.#starts.subarray(0, count + 1),
            indices: this.#indices.subarray(0, this.#stored),
          };
    this.#first += count;
    this.#count = 0;
    this.#stored = 0;
    this.#labels = new Float64Array(this.#labels.length);
    this.#starts = new Float64Array(this.#starts.length);
    this.#values = new Float32Array(this.#values.length);
    this.#indices = new Uint32Array(this.#indices.length);
    return rows;
  }

  #growValues(): void {
    this.#values = grown(this.#values, new Float32Array(this.#values.length * 2));
    if (this.#layout === 'sparse') this.#indices = grown(this.#indices, new Uint32Array(this.#values.length));
  }

  #growRows(): void {
    this.#labels = grown(this.#labels, new Float64Array(this.#labels.length * 2));
    this.#starts = grown(this.#starts, new Float64Array(this.#starts.length * 2));
  }
}

function grown<T extends { set(values: T): void }>(from: T, into: T): T {
  into.set(from);
  return into;
}
