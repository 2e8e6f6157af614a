import { UserError } from '../errors.ts';
import { hash } from './hash.ts';
import type { Reading } from './bytes.ts';
import type { Rows } from './rows.ts';
import type { Table } from './table.ts';

/** Some rows of a block, by their positions in it. */
export interface Selection {
  readonly rows: Rows;
  readonly picks: Uint32Array;
}

/** Whether a row is set aside, by a hash of its number. */
export function isChosen(row: number, share: number, salt: number): boolean {
  return hash(salt, row) <= limitOf(share);
}

function limitOf(share: number): number {
  return Math.floor(share * 2 ** 32);
}

/** Some rows of a table. */
export class Subset {
  readonly table: Table;
  readonly count: number;
  readonly #belongs: (row: number) => boolean;

  constructor(table: Table, belongs: (row: number) => boolean = () => true) {
    this.table = table;
    this.#belongs = belongs;
    let count = 0;
    for (let row = 0; row < table.rows; row += 1) if (belongs(row)) count += 1;
    this.count = count;
  }

  /** The same rows of another version of the table. */
  on(table: Table): Subset {
    return new Subset(table, this.#belongs);
  }

  async *selections(reading?: Reading): AsyncGenerator<Selection> {
    for await (const rows of this.table.blocks(reading)) yield { rows, picks: this.picks(rows) };
  }

  /** Sets aside about one row in `1 / share`. Returns the rest, and what was set aside. */
  setAside(share: number, salt: number): { rest: Subset; aside: Subset } {
    const isAside = this.#chooseAside(share, salt);
    const rest = new Subset(this.table, (row) => this.#belongs(row) && !isAside(row));
    const aside = new Subset(this.table, (row) => this.#belongs(row) && isAside(row));
    if (rest.count === 0 || aside.count === 0) {
      throw new UserError(
        `${this.table.name}: too few rows to set one aside: found ${this.count}, expected at least 2`,
      );
    }
    return { rest, aside };
  }

  /** Chooses by a hash of the row's number, so that the order of the rows cannot bias it. At least one row. */
  #chooseAside(share: number, salt: number): (row: number) => boolean {
    let smallest = 2 ** 32;
    for (let row = 0; row < this.table.rows; row += 1) {
      if (this.#belongs(row)) smallest = Math.min(smallest, hash(salt, row));
    }
    if (smallest > limitOf(share)) return (row) => hash(salt, row) === smallest;
    return (row) => isChosen(row, share, salt);
  }

  /** The rows of the part that are in a block. */
  picks(rows: Rows): Uint32Array {
    const picks = new Uint32Array(rows.count);
    let count = 0;
    for (let row = 0; row < rows.count; row += 1) {
      if (!this.#belongs(rows.first + row)) continue;
      picks[count] = row;
      count += 1;
    }
    return picks.subarray(0, count);
  }
}
