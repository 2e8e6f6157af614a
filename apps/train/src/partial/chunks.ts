import type { Rows } from '@asgd/linear';
import type { RowSink } from '../data/rows.ts';

/** Rows that are trained on together; how many has no influence on what is learned. */
const mostRows = 4096;
const mostValues = 2 ** 17;

/** Some rows, as @asgd/linear takes them, and the numbers that stand for their labels. */
export interface RowChunk {
  readonly rows: Rows;
  readonly labels: Float64Array;
}

/** Collects the rows of a chunk, in arrays that are used again. */
export class ChunkBuilder implements RowSink {
  readonly #isDense: boolean;
  readonly #batch: number;
  #labels = new Float64Array(64);
  #starts = new Uint32Array(65);
  #values = new Float64Array(4096);
  #indices = new Uint32Array(4096);
  #count = 0;
  #stored = 0;

  /** A step takes `batch` rows, and chunks end between steps. */
  constructor(isDense: boolean, batch: number) {
    this.#isDense = isDense;
    this.#batch = batch;
  }

  get count(): number {
    return this.#count;
  }

  get isFull(): boolean {
    const isLarge = this.#count >= mostRows || this.#stored >= mostValues;
    return isLarge && this.#count % this.#batch === 0;
  }

  value(index: number, value: number): void {
    if (this.#stored === this.#values.length) {
      this.#values = grown(this.#values, new Float64Array(2 * this.#stored));
      this.#indices = grown(this.#indices, new Uint32Array(2 * this.#stored));
    }
    this.#values[this.#stored] = value;
    this.#indices[this.#stored] = index;
    this.#stored += 1;
  }

  endRow(label: number): void {
    if (this.#count === this.#labels.length) {
      this.#labels = grown(this.#labels, new Float64Array(2 * this.#count));
      this.#starts = grown(this.#starts, new Uint32Array(2 * this.#count + 1));
    }
    this.#labels[this.#count] = label;
    this.#count += 1;
    this.#starts[this.#count] = this.#stored;
  }

  /** The rows so far, of `features` columns. Valid until another is added, which begins the next chunk. */
  take(features: number): RowChunk {
    const count = this.#count;
    const labels = this.#labels.subarray(0, count);
    const data = this.#values.subarray(0, this.#stored);
    const shape = [count, features] as const;
    const indices = this.#indices.subarray(0, this.#stored);
    const indptr = this.#starts.subarray(0, count + 1);
    this.#count = 0;
    this.#stored = 0;
    return { rows: this.#isDense ? { data, shape } : { data, indices, indptr, shape }, labels };
  }
}

function grown<Numbers extends Float64Array | Uint32Array>(from: Numbers, into: Numbers): Numbers {
  into.set(from);
  return into;
}
