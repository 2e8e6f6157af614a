import { openCheckpoint, type TensorEntry } from '../open.ts';
import { printable } from './printable.ts';

/** What is in a checkpoint, as text. */
export async function inspect(file: string, json: boolean): Promise<string> {
  const checkpoint = await openCheckpoint(file);
  await checkpoint.close();
  const { format, metadata } = checkpoint;
  const tensors = checkpoint.tensors.map(({ name, dtype, shape, bytes, storage }) => {
    return { name, dtype, shape, bytes, storage };
  });
  if (json) return `${JSON.stringify({ format, metadata, tensors }, null, 2)}\n`;
  const notes = Object.entries(metadata).map(
    ([key, value]) => `${printable(key)}: ${printable(shorten(value))}\n`,
  );
  return `${table(tensors)}\n${summary(tensors, format)}\n${notes.join('')}`;
}

type Described = Omit<TensorEntry, 'read'>;

function table(tensors: readonly Described[]): string {
  const rows = [
    ['name', 'dtype', 'shape', 'bytes', 'storage'],
    ...tensors.map(({ name, dtype, shape, bytes, storage }) => [
      printable(name),
      dtype,
      `[${shape.join(', ')}]`,
      String(bytes),
      printable(storage),
    ]),
  ];
  const widths = [0, 1, 2, 3, 4].map((column) =>
    rows.reduce((most, row) => Math.max(most, row[column]?.length ?? 0), 0),
  );
  const align = (cell: string, column: number): string =>
    column === 3 ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0);
  return rows.map((row) => `${row.map(align).join('  ').trimEnd()}\n`).join('');
}

function summary(tensors: readonly Described[], format: string): string {
  const elements = tensors.reduce(
    (sum, { shape }) => sum + shape.reduce((size, extent) => size * extent, 1),
    0,
  );
  const bytes = tensors.reduce((sum, tensor) => sum + tensor.bytes, 0);
  const storages = new Set(tensors.map(({ storage }) => storage)).size;
  return `${format}: ${tensors.length} tensors in ${storages} storages, ${elements} elements, ${bytes} bytes`;
}

function shorten(text: string): string {
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}
