import { Subset } from './subset.ts';
import { RowBuilder, type Rows } from './rows.ts';
import type { Reading } from './bytes.ts';
import type { Table } from './table.ts';

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
  const copies: { builder: RowBuilder; numbers: number[] }[] = [];
  for await (const rows of table.blocks(reading)) {
    look?.(rows);
    subsets.forEach((subset, p) => {
      const copy = (copies[p] ??= { builder: new RowBuilder(rows.layout, memory), numbers: [] });
      for (const row of subset.picks(rows)) {
        copyRow(rows, row, copy.builder);
        copy.numbers.push(rows.first + row);
      }
    });
  }
  return copies.map(({ builder, numbers }) => {
    const kept: Rows = { ...builder.rows(), numbers: Float64Array.from(numbers) };
    return new Subset({
      ...table,
      rows: kept.count,
      kept,
      async *blocks() {
        yield kept;
      },
    });
  });
}

function copyRow(rows: Rows, row: number, builder: RowBuilder): void {
  if (rows.layout === 'dense') {
    const start = row * rows.width;
    for (let i = 0; i < rows.width; i += 1) builder.value(i, rows.values[start + i] ?? 0);
  } else {
    const end = rows.starts[row + 1] ?? 0;
    for (let i = rows.starts[row] ?? 0; i < end; i += 1) {
      builder.value(rows.indices[i] ?? 0, rows.values[i] ?? 0);
    }
  }
  builder.endRow(rows.labels[row] ?? 0);
}
