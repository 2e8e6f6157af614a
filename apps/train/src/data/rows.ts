/** Rows of a table, usually consecutive ones: labels, and values one row after another. */
export type Rows = DenseRows | SparseRows;

interface Labeled {
  /** The number, from 0, of the first of these rows in the table. */
  readonly first: number;
  readonly count: number;
  readonly labels: Float64Array;
  readonly values: Float32Array;
  /** Each row's number, from 0, if the rows are not consecutive but were picked from a table. */
  readonly numbers?: Float64Array;
}

/** Row r has `width` values from `values[r * width]` on. */
interface DenseRows extends Labeled {
  readonly layout: 'dense';
  readonly width: number;
}

/** Row r has the values from `starts[r]` to `starts[r + 1] - 1`; `indices` has their features, counted from 0. */
interface SparseRows extends Labeled {
  readonly layout: 'sparse';
  readonly starts: Float64Array;
  readonly indices: Uint32Array;
}

/** Bytes that a row and a value take: what is stored, and 8 more per row for an epoch's order. */
const costs = { dense: { row: 16, value: 4 }, sparse: { row: 24, value: 8 } } as const;

/** How many bytes rows take in memory. */
export function bytesOf(rows: Rows): number {
  const { row, value } = costs[rows.layout];
  return rows.count * row + rows.values.length * value;
}

/** Where the values of a row begin; for the row after the last, where they end. */
export function offsetOf(rows: Rows, row: number): number {
  return rows.layout === 'dense' ? row * rows.width : (rows.starts[row] ?? 0);
}

/** How many bytes a value of a sparse row takes. */
export const sparseValueBytes: number = costs.sparse.value;

/** How many bytes dense rows would take. */
export function bytesOfDense(rows: number, width: number): number {
  return rows * (costs.dense.row + width * costs.dense.value);
}

/** Where a parser puts the row that it reads: its values in order, then its label, which ends the row. */
export interface RowSink {
  value(index: number, value: number): void;
  endRow(label: number): void;
}

/** Collects rows in typed arrays that grow as needed, without ever taking much more than the allowed memory. */
export class RowBuilder implements RowSink {
  readonly #layout: 'dense' | 'sparse';
  readonly #memory: number;
  readonly #mostRows: number;
  readonly #mostValues: number;
  #first = 0;
  #count = 0;
  #stored = 0;
  #largestRow = 0;
  #labels: Float64Array<ArrayBuffer>;
  #starts: Float64Array<ArrayBuffer>;
  #values: Float32Array<ArrayBuffer>;
  #indices: Uint32Array<ArrayBuffer>;

  constructor(layout: 'dense' | 'sparse', memory: number = Infinity) {
    this.#layout = layout;
    this.#memory = memory;
    this.#mostRows = Math.ceil(memory / costs[layout].row) + 1;
    this.#mostValues = Math.ceil(memory / costs[layout].value);
    const rows = firstLength(this.#mostRows);
    const values = firstLength(this.#mostValues);
    this.#labels = new Float64Array(rows);
    this.#starts = new Float64Array(rows);
    this.#values = new Float32Array(values);
    this.#indices = new Uint32Array(layout === 'sparse' ? values : 0);
  }

  get count(): number {
    return this.#count;
  }

  /** How many bytes the largest row so far takes. */
  get largestBytes(): number {
    const { row, value } = costs[this.#layout];
    return row + this.#largestRow * value;
  }

  /** Whether another row like the largest so far would exceed the allowed memory. */
  get full(): boolean {
    const { row, value } = costs[this.#layout];
    return this.#count * row + (this.#stored + this.#largestRow) * value + row > this.#memory;
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
    this.#largestRow = Math.max(this.#largestRow, this.#stored - (this.#starts[this.#count] ?? 0));
    this.#count += 1;
    this.#starts[this.#count] = this.#stored;
  }

  /** Adds a copy of a row of the same layout. */
  copy(rows: Rows, row: number): void {
    const from = offsetOf(rows, row);
    const to = offsetOf(rows, row + 1);
    const stored = this.#stored + to - from;
    while (stored > this.#values.length) this.#growValues();
    this.#values.set(rows.values.subarray(from, to), this.#stored);
    if (rows.layout === 'sparse') this.#indices.set(rows.indices.subarray(from, to), this.#stored);
    this.#stored = stored;
    this.endRow(rows.labels[row] ?? NaN);
  }

  /** The rows so far. Valid until another is added. */
  rows(): Rows {
    const count = this.#count;
    const labels = this.#labels.subarray(0, count);
    const values = this.#values.subarray(0, this.#stored);
    const shared = { first: this.#first, count, labels, values };
    return this.#layout === 'dense'
      ? { ...shared, layout: 'dense', width: count === 0 ? 0 : values.length / count }
      : {
          ...shared,
          layout: 'sparse',
          starts: this.#starts.subarray(0, count + 1),
          indices: this.#indices.subarray(0, this.#stored),
        };
  }

  /** Continues with the next row, and reuses the memory of the rows so far. */
  next(): void {
    this.#first += this.#count;
    this.#count = 0;
    this.#stored = 0;
  }

  /** Gives its memory back now rather than when it is collected. It and its rows are of no more use. */
  release(): void {
    for (const { buffer } of [this.#labels, this.#starts, this.#values, this.#indices]) buffer.transfer(0);
  }

  /** Starts over, and reuses its memory. */
  restart(): void {
    this.next();
    this.#first = 0;
    this.#largestRow = 0;
  }

  #growValues(): void {
    const length = nextLength(this.#values.length, this.#mostValues);
    this.#values = grown(this.#values, new Float32Array(length));
    if (this.#layout === 'sparse') this.#indices = grown(this.#indices, new Uint32Array(length));
  }

  #growRows(): void {
    const length = nextLength(this.#labels.length, this.#mostRows);
    this.#labels = grown(this.#labels, new Float64Array(length));
    this.#starts = grown(this.#starts, new Float64Array(length));
  }
}

/** Sizes are `most` halved some times, so that doubling ends at `most`, and an old and a new array fit together. */
function firstLength(most: number): number {
  if (most === Infinity) return 4096;
  let length = most;
  while (length > 4096) length = Math.ceil(length / 2);
  return Math.max(2, length);
}

function nextLength(length: number, most: number): number {
  return length < most ? Math.min(2 * length, most) : Math.ceil(1.25 * length) + 1;
}

function grown<T extends Float32Array<ArrayBuffer> | Float64Array<ArrayBuffer> | Uint32Array<ArrayBuffer>>(
  from: T,
  into: T,
): T {
  into.set(from);
  from.buffer.transfer(0); // frees the memory now
  return into;
}
