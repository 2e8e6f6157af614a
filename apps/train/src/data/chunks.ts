import type { Rows as Matrix } from '@asgd/linear';
import type { Task } from '../task.ts';
import type { Reading } from './bytes.ts';
import { offsetOf, type Rows } from './rows.ts';
import type { Selection, Subset } from './subset.ts';

/** Rows as `@asgd/linear` takes them. Valid until the next chunk is asked for, which reuses the memory. */
export interface Chunk {
  readonly rows: Matrix;
  readonly targets: Float64Array;
  /** Each row's number in the table, from 0. */
  readonly numbers: Float64Array;
}

/** A chunk ends when it has this many values or rows: enough that a call for it costs nothing, and little memory. */
const mostValues = 2 ** 15;
const mostRows = 4096;

/** How chunks are cut. */
export interface Cut {
  /** Chunks but the last have a multiple of this many rows. */
  readonly batch: number;
  /** At most this many batches, however small they are. */
  readonly most: number;
}

/** The rows of a part in chunks, in their order. */
export function chunksOf(subset: Subset, task: Task, reading?: Reading): AsyncGenerator<Chunk> {
  return cutChunks(subset.selections(reading), subset.table.features, task);
}

/** The rows that are picked, in that order. Where a chunk ends depends only on the rows in it. */
export async function* cutChunks(
  selections: AsyncIterable<Selection>,
  features: number,
  task: Task,
  { batch, most }: Cut = { batch: 1, most: mostRows },
): AsyncGenerator<Chunk> {
  const gathered = new Gathered(features, task);
  for await (const { rows, picks } of selections) {
    for (const row of picks) {
      gathered.add(rows, row);
      if (gathered.count % batch !== 0) continue;
      const isFull = gathered.count >= mostRows || gathered.values >= mostValues;
      if (!isFull && gathered.count < most * batch) continue;
      yield gathered.chunk();
      gathered.clear();
    }
  }
  if (gathered.count > 0) yield gathered.chunk();
}

/** Rows, copied one after another. */
class Gathered {
  count = 0;
  values = 0;
  readonly #features: number;
  readonly #task: Task;
  #isDense = false;
  #data: Float64Array<ArrayBuffer> = new Float64Array(1024);
  #indices: Uint32Array<ArrayBuffer> = new Uint32Array(0);
  #starts: Uint32Array<ArrayBuffer> = new Uint32Array(64);
  #targets: Float64Array<ArrayBuffer> = new Float64Array(64);
  #numbers: Float64Array<ArrayBuffer> = new Float64Array(64);

  constructor(features: number, task: Task) {
    this.#features = features;
    this.#task = task;
  }

  add(rows: Rows, row: number): void {
    if (this.count + 1 >= this.#targets.length) this.#growRows();
    this.#targets[this.count] = this.#task.target(rows.labels[row] ?? NaN);
    this.#numbers[this.count] = rows.numbers?.[row] ?? rows.first + row;
    this.#isDense = rows.layout === 'dense';
    const indices = rows.layout === 'dense' ? undefined : rows.indices;
    this.#copy(rows.values, offsetOf(rows, row), offsetOf(rows, row + 1), indices);
    this.count += 1;
    this.#starts[this.count] = this.values;
  }

  chunk(): Chunk {
    const { count, values } = this;
    const shape = [count, this.#features] as const;
    const data = this.#data.subarray(0, values);
    const rows = this.#isDense
      ? { data, shape }
      : {
          data,
          indices: this.#indices.subarray(0, values),
          indptr: this.#starts.subarray(0, count + 1),
          shape,
        };
    return { rows, targets: this.#targets.subarray(0, count), numbers: this.#numbers.subarray(0, count) };
  }

  clear(): void {
    this.count = 0;
    this.values = 0;
  }

  #copy(values: Float32Array, from: number, to: number, indices?: Uint32Array): void {
    const length = this.values + to - from;
    if (length > this.#data.length) this.#data = grown(this.#data, new Float64Array(2 * length));
    if (indices !== undefined && length > this.#indices.length) {
      this.#indices = grown(this.#indices, new Uint32Array(this.#data.length));
    }
    this.#data.set(values.subarray(from, to), this.values);
    if (indices !== undefined) this.#indices.set(indices.subarray(from, to), this.values);
    this.values = length;
  }

  #growRows(): void {
    const length = 2 * this.#targets.length;
    this.#targets = grown(this.#targets, new Float64Array(length));
    this.#numbers = grown(this.#numbers, new Float64Array(length));
    this.#starts = grown(this.#starts, new Uint32Array(length));
  }
}

function grown<T extends Float64Array | Uint32Array>(from: T, into: T): T {
  into.set(from);
  return into;
}
