import { openTable, type TableOptions } from '../../src/data/file-table.ts';
import type { Reading } from '../../src/data/bytes.ts';
import type { LabelRule } from '../../src/data/labels.ts';
import type { Rows } from '../../src/data/rows.ts';
import type { Table } from '../../src/data/table.ts';

const numbers: LabelRule = (label) => (typeof label === 'number' ? label : 'a number');

/** Opens a file with settings that most tests share. */
export function open(
  file: string,
  options: Partial<TableOptions> = {},
  reading: Reading = {},
): Promise<Table> {
  return openTable({ file, memory: 2 ** 20, beyond: 'refuse', acceptLabel: numbers, ...options }, reading);
}

/** A table's rows, each as its label and its features by number (from 0), without the zeros of a sparse row. */
export async function rowsOf(
  table: Table,
  reading?: Reading,
): Promise<[label: number, features: Record<number, number>][]> {
  const found: [number, Record<number, number>][] = [];
  for await (const rows of table.blocks(reading)) {
    for (let row = 0; row < rows.count; row += 1) {
      found.push([rows.labels[row] ?? NaN, featuresOf(rows, row)]);
    }
  }
  return found;
}

function featuresOf(rows: Rows, row: number): Record<number, number> {
  if (rows.layout === 'dense') {
    const values = rows.values.subarray(row * rows.width, (row + 1) * rows.width);
    return Object.fromEntries([...values].entries());
  }
  const features: Record<number, number> = {};
  for (let i = rows.starts[row] ?? 0; i < (rows.starts[row + 1] ?? 0); i += 1) {
    features[rows.indices[i] ?? NaN] = rows.values[i] ?? NaN;
  }
  return features;
}
