import type { CsrMatrix } from './rows.ts';

/** A CSR matrix of typed arrays. */
export interface SparseMatrix extends CsrMatrix {
  /** The values, row by row. */
  readonly data: Float64Array;
  /** The column of each value, from 0. */
  readonly indices: Uint32Array;
  /** Where each row begins in `data`, and where the last one ends. */
  readonly indptr: Uint32Array;
}

/** Builds a CSR matrix row by row. */
export class SparseBuilder {
  readonly #columns: number;
  readonly #data: number[] = [];
  readonly #indices: number[] = [];
  readonly #indptr: number[] = [0];

  constructor(columns: number) {
    this.#columns = columns;
  }

  /** Adds a row. Its columns may come in any order, each once. */
  add(cells: ReadonlyMap<number, number>): void {
    for (const column of Uint32Array.from(cells.keys()).toSorted()) {
      this.#indices.push(column);
      this.#data.push(cells.get(column) ?? 0);
    }
    this.#indptr.push(this.#data.length);
  }

  build(): SparseMatrix {
    return {
      data: Float64Array.from(this.#data),
      indices: Uint32Array.from(this.#indices),
      indptr: Uint32Array.from(this.#indptr),
      shape: [this.#indptr.length - 1, this.#columns],
    };
  }
}
