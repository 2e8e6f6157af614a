import type { Reading } from './bytes.ts';
import { bytesOf, RowBuilder, type Rows } from './rows.ts';
import { Subset } from './subset.ts';
import type { Table } from './table.ts';

/** Copies of some rows of a table, in memory of their own. */
export class RowCopies {
  readonly #memory: number;
  #builder: RowBuilder | undefined;
  #numbers: number[] = [];

  /** They are expected to take about so many bytes. */
  constructor(memory: number) {
    this.#memory = memory;
  }

  get count(): number {
    return this.#numbers.length;
  }

  get bytes(): number {
    return this.#builder === undefined ? 0 : bytesOf(this.#builder.rows());
  }

  add(rows: Rows, picks: Uint32Array): void {
    const builder = (this.#builder ??= new RowBuilder(rows.layout, this.#memory));
    for (const row of picks) {
      builder.copy(rows, row);
      this.#numbers.push(rows.first + row);
    }
  }

  /** Gives the memory back. */
  release(): void {
    this.#builder?.release();
    this.#builder = undefined;
    this.#numbers = [];
  }

  /** The copies, as rows of the table that they are from. */
  subset(table: Table): Subset {
    const builder = this.#builder ?? new RowBuilder('sparse', 0);
    const kept: Rows = { ...builder.rows(), numbers: Float64Array.from(this.#numbers) };
    return new Subset({
      ...table,
      rows: kept.count,
      kept,
      async *blocks() {
        yield kept;
      },
    });
  }
}

/**
 * Copies parts of a table into memory, about `memory` bytes each, so that passes over them do not read the file. It
 * reads the table once, and shows every block to `look`.
 */
export async function keepInMemory(
  table: Table,
  subsets: readonly Subset[],
  memory: number,
  reading?: Reading,
  look?: (rows: Rows) => void,
): Promise<Subset[]> {
  const copies = subsets.map((subset) => ({ subset, rows: new RowCopies(memory) }));
  for await (const rows of table.blocks(reading)) {
    look?.(rows);
    for (const copy of copies) copy.rows.add(rows, copy.subset.picks(rows));
  }
  return copies.map(({ rows }) => rows.subset(table));
}
