/**
 * Rows as the kernels read them. A sparse row `r` has the values from `starts[r]` to `starts[r + 1]`, at increasing
 * `indices`; a dense one has `features` values from `r * features`, and `starts` and `indices` are empty.
 */
export interface Table {
  readonly isDense: boolean;
  readonly count: number;
  readonly features: number;
  readonly starts: Uint32Array;
  readonly indices: Uint32Array;
  readonly values: Float64Array;
}

/** Some rows of a table, in the order that names them. */
export function select(table: Table, rows: Uint32Array): Table {
  const { isDense, features } = table;
  let length = 0;
  const starts = new Uint32Array(isDense ? 0 : rows.length + 1);
  for (const [at, row] of rows.entries()) {
    const [from, to] = extent(table, row);
    length += to - from;
    if (!isDense) starts[at + 1] = length;
  }
  const indices = new Uint32Array(isDense ? 0 : length);
  const values = new Float64Array(length);
  let at = 0;
  for (const row of rows) {
    const [from, to] = extent(table, row);
    values.set(table.values.subarray(from, to), at);
    if (!isDense) indices.set(table.indices.subarray(from, to), at);
    at += to - from;
  }
  return { isDense, count: rows.length, features, starts, indices, values };
}

/** A dense table as a sparse one, if at most half of its values are not zero. */
export function withoutZeros(table: Table): Table {
  const { isDense, count, features, values } = table;
  if (!isDense) return table;
  const length = count * features;
  let kept = 0;
  for (let at = 0; at < length; at++) if (values[at] !== 0) kept++;
  if (2 * kept > length) return table;
  const sparse = {
    isDense: false,
    count,
    features,
    starts: new Uint32Array(count + 1),
    indices: new Uint32Array(kept),
    values: new Float64Array(kept),
  };
  let end = 0;
  for (let at = 0; at < length; at++) {
    const value = values[at] ?? NaN;
    if (value !== 0) {
      sparse.indices[end] = at % features;
      sparse.values[end++] = value;
    }
    if ((at + 1) % features === 0) sparse.starts[(at + 1) / features] = end;
  }
  return sparse;
}

/** The sum of the squares of a row's values. */
export function squaredNorm(table: Table, row: number): number {
  const [from, to] = extent(table, row);
  let sum = 0;
  for (let at = from; at < to; at++) sum += (table.values[at] ?? 0) ** 2;
  return sum;
}

/** Where a row's values begin and end. */
export function extent(
  { isDense, features, starts }: Table,
  row: number,
): readonly [from: number, to: number] {
  if (isDense) return [row * features, (row + 1) * features];
  return [starts[row] ?? 0, starts[row + 1] ?? 0];
}
