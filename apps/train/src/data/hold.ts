import { Part } from './part.ts';
import { RowBuilder, type Rows } from './rows.ts';
import type { Reading } from './bytes.ts';

/** A copy of a part in memory, so that going through it needs no file. */
export async function hold(part: Part, reading?: Reading): Promise<Part> {
  let builder: RowBuilder | undefined;
  for await (const { rows, picks } of part.selections(reading)) {
    builder ??= new RowBuilder(rows.layout);
    for (const row of picks) copyRow(rows, row, builder);
  }
  const kept = (builder ?? new RowBuilder('sparse')).take();
  return new Part({
    ...part.table,
    rows: kept.count,
    kept,
    async *blocks() {
      yield kept;
    },
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
