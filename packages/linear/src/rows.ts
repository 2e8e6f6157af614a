import { describe } from '@asgd/core/errors';
import { DataError } from './errors.ts';
import type { Table } from './table.ts';

/**
 * Sparse rows, compressed: row `r` has the values `data[indptr[r]]` to `data[indptr[r + 1] - 1]`, in the columns that
 * `indices` names at the same places, in increasing order. As `scipy.sparse.csr_matrix` has them.
 */
export interface CsrMatrix {
  /** The values, row by row. */
  readonly data: ArrayLike<number>;
  /** The column of each value, from 0. */
  readonly indices: ArrayLike<number>;
  /** Where each row begins in `data`, and where the last one ends. */
  readonly indptr: ArrayLike<number>;
  /** How many rows and columns there are. */
  readonly shape: readonly [rows: number, columns: number];
}

/** Dense rows, one after another. */
export interface DenseMatrix {
  /** The values, row by row. */
  readonly data: Float32Array | Float64Array;
  /** How many rows and columns there are. */
  readonly shape: readonly [rows: number, columns: number];
}

/** Rows in memory: a CSR matrix, a dense matrix, or a list of rows that are lists of numbers. */
export type Rows = CsrMatrix | DenseMatrix | readonly ArrayLike<number>[];

/** The rows that could be read, up to the first that could not, and what was wrong with that one. */
export interface Reading {
  readonly table: Table;
  readonly problem?: DataError;
}

/**
 * @param features how many columns the rows must have; without it, any number from 1
 * @throws DataError when no row can be read
 */
export function readRows(rows: Rows, features?: number): Reading {
  if (Array.isArray(rows)) return readLists(rows, features);
  if (!isObject(rows) || !('shape' in rows)) {
    throw new DataError(
      `The rows are ${describe(rows)}: expected an array of rows, a CSR matrix { data, indices, indptr, shape } or a ` +
        `dense matrix { data, shape }.`,
    );
  }
  checkShape(rows.shape, features);
  return 'indptr' in rows ? readCsr(rows) : readDense(rows);
}

/** Like `readRows`, where every row must be right. @throws DataError */
export function readAllRows(rows: Rows, features?: number): Table {
  const { table, problem } = readRows(rows, features);
  if (problem !== undefined) throw problem;
  return table;
}

function checkShape(shape: readonly [number, number], features: number | undefined): void {
  const isCount = (n: unknown): boolean => Number.isSafeInteger(n) && (n as number) >= 0;
  if (!(
    isList(shape) &&
    (shape as ArrayLike<number>).length === 2 &&
    isCount(shape[0]) &&
    isCount(shape[1])
  )) {
    throw new DataError(
      `The matrix has the shape ${describe(shape)}: expected [rows, columns], two whole numbers.`,
    );
  }
  checkFeatures(shape[1], features);
}

function checkFeatures(found: number, expected: number | undefined): void {
  if (expected !== undefined && found !== expected) {
    throw new DataError(
      `The rows have ${found} columns: expected ${expected}, as in the rows fitted before.`,
    );
  }
  if (found === 0) throw new DataError('The rows have no columns: expected at least one.');
}

function readLists(rows: readonly unknown[], features: number | undefined): Reading {
  const [first] = rows;
  const columns = features ?? (isList(first) ? first.length : 1);
  if (features === undefined && rows.length > 0) checkFeatures(columns, undefined);
  const values = new Float64Array(rows.length * columns);
  const dense = (count: number): Table => denseTable(count, columns, values);
  for (const [row, list] of rows.entries()) {
    const problem = listProblem(list, row, columns, features !== undefined);
    if (problem !== undefined) return { table: dense(row), problem };
    values.set(list as ArrayLike<number>, row * columns);
  }
  return { table: dense(rows.length) };
}

function listProblem(list: unknown, row: number, columns: number, isFitted: boolean): DataError | undefined {
  if (!isList(list)) {
    return new DataError(
      `Row ${row} is ${describe(list)}: expected a list of numbers. Sparse rows go into a CSR matrix.`,
      { row },
    );
  }
  if (list.length !== columns) {
    const as = isFitted ? 'in the rows fitted before' : 'in row 0';
    return new DataError(`Row ${row} has ${list.length} values: expected ${columns}, as ${as}.`, { row });
  }
  for (let column = 0; column < columns; column++) {
    if (!Number.isFinite(list[column])) return valueProblem(list[column], row, column);
  }
  return undefined;
}

function readDense({ data, shape: [count, features] }: DenseMatrix): Reading {
  if (!(isList(data) && data.length === count * features)) {
    throw new DataError(
      `The dense matrix of shape [${count}, ${features}] has ${lengthIn(data)}: expected ${count * features} numbers.`,
    );
  }
  const values = toFloat64(data);
  let bad = 0;
  while (bad < values.length && Number.isFinite(values[bad])) bad++;
  if (bad === values.length) return { table: denseTable(count, features, values) };
  const row = Math.floor(bad / features);
  return { table: denseTable(row, features, values), problem: valueProblem(data[bad], row, bad % features) };
}

function readCsr({ data, indices, indptr, shape: [count, features] }: CsrMatrix): Reading {
  const areLists = isList(data) && isList(indices) && isList(indptr);
  const areWhole = areLists && data.length === indices.length && indptr.length === count + 1;
  if (!areWhole || indptr[0] !== 0 || indptr[count] !== data.length) {
    const ends = isList(indptr) ? `, from ${describe(indptr[0])} to ${describe(indptr[count])}` : '';
    throw new DataError(
      `The CSR matrix has ${count} rows, ${lengthIn(data)} in data, ${lengthIn(indices)} in indices and ` +
        `${lengthIn(indptr)} in indptr${ends}: data and indices must have the same length, and indptr one value ` +
        `for each row and one more, from 0 to that length.`,
    );
  }
  const starts = toUint32(indptr);
  const table: Table = {
    isDense: false,
    count,
    features,
    starts,
    indices: toUint32(indices),
    values: toFloat64(data),
  };
  // Of a list that is no typed array, it has a copy, in which what was wrong may look right.
  const isTyped = starts === indptr && table.indices === indices && ArrayBuffer.isView(data);
  if (isTyped && isSound(table)) return { table };
  for (let row = 0; row < count; row++) {
    const problem = csrProblem(row, indptr, indices, data, features);
    if (problem !== undefined) {
      return { table: { ...table, count: row, starts: starts.subarray(0, row + 1) }, problem };
    }
  }
  return { table };
}

/** Whether nothing is wrong with sparse rows: what `csrProblem` finds out, in less than half of its time. */
function isSound({ count, features, starts, indices, values }: Table): boolean {
  let from = 0;
  let zero = 0; // NaN once a value is Infinity or NaN, whose differences from themselves are
  for (let row = 0; row < count; row++) {
    const to = starts[row + 1] ?? 0;
    if (to < from || to > values.length) return false;
    let before = -1;
    for (let at = from; at < to; at++) {
      const column = indices[at] ?? 0;
      if (column <= before) return false;
      before = column;
      const value = values[at] ?? NaN;
      zero += value - value;
    }
    if (before >= features) return false; // the last column of a row is its largest
    from = to;
  }
  return zero === 0;
}

function csrProblem(
  row: number,
  indptr: ArrayLike<number>,
  indices: ArrayLike<number>,
  data: ArrayLike<number>,
  features: number,
): DataError | undefined {
  const from = indptr[row] ?? NaN;
  const to = indptr[row + 1] ?? NaN;
  if (!(Number.isInteger(to) && to >= from && to <= data.length)) {
    return new DataError(
      `Row ${row} of the CSR matrix goes from ${describe(from)} to ${describe(to)} in indptr: expected whole numbers ` +
        `that do not decrease, up to ${data.length}.`,
      { row },
    );
  }
  let before = -1;
  for (let at = from; at < to; at++) {
    const column = indices[at] ?? NaN;
    if (!(column > before && column < features && Number.isInteger(column))) {
      return indexProblem(indices[at], before, row, features);
    }
    if (!Number.isFinite(data[at])) return valueProblem(data[at], row, column);
    before = column;
  }
  return undefined;
}

function indexProblem(found: unknown, before: number, row: number, features: number): DataError {
  const isColumn = Number.isInteger(found) && (found as number) >= 0 && (found as number) < features;
  const expected = isColumn
    ? `columns that increase, and the one before is ${before}`
    : `whole numbers from 0 to ${features - 1}`;
  const place = isColumn ? { row, column: found as number } : { row };
  return new DataError(
    `Row ${row} has the column ${describe(found)} in indices: expected ${expected}.`,
    place,
  );
}

function valueProblem(found: unknown, row: number, column: number): DataError {
  return new DataError(
    `Row ${row}, column ${column} is ${describe(found)}: expected a finite number. Leave out rows with missing values, ` +
      `or fill them in.`,
    { row, column },
  );
}

function denseTable(count: number, features: number, values: Float64Array): Table {
  return { isDense: true, count, features, starts: new Uint32Array(0), indices: new Uint32Array(0), values };
}

function toFloat64(data: ArrayLike<number>): Float64Array {
  return data instanceof Float64Array ? data : new Float64Array(data);
}

function toUint32(indices: ArrayLike<number>): Uint32Array {
  return indices instanceof Uint32Array ? indices : new Uint32Array(indices);
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

/** An array or a typed array. A string has a length too, but is not a list of numbers. */
export function isList(value: unknown): value is ArrayLike<number> {
  return Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView));
}

function lengthIn(value: unknown): string {
  return isList(value) ? `${value.length} values` : describe(value);
}
