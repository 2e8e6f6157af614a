import { ArgumentError, describe, LengthError } from '@asgd/core/errors';
import { DataError } from './errors.ts';
import { isList, readRows, type Rows } from './rows.ts';
import type { Examples } from './runner.ts';
import { extent, type Table } from './table.ts';
import type { Targets } from './targets.ts';

/** Rows with their labels or targets, as a stream has them: one row or many at a time. */
export interface Chunk<Name> {
  /** One row, or many. */
  readonly rows: Rows;
  /** One for each row: the label of its class, or its target. */
  readonly labels: ArrayLike<Name>;
  /** What each row counts: a number from 0. Without it, 1. */
  readonly sampleWeight?: ArrayLike<number> | undefined;
}

/** Examples up to the first that cannot be used, and what is wrong with that one. */
export interface ExamplesReading {
  readonly examples: Examples;
  readonly problem?: DataError | undefined;
}

export function isStream<Name>(value: unknown): value is AsyncIterable<Chunk<Name>> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value;
}

/** @throws LengthError, DataError when nothing of it can be used */
export function readExamples<Name>(
  { rows, labels, sampleWeight }: Chunk<Name>,
  targets: Targets<Name>,
  features?: number,
): ExamplesReading {
  const { table, problem } = readRows(rows, features);
  const count = countOf(rows);
  checkLength(labels, count, 'labels');
  if (sampleWeight !== undefined) checkLength(sampleWeight, count, 'sampleWeight');
  const read = targets.read(labels, table.count);
  const weights = new Float64Array(table.count);
  for (let row = 0; row < read.targets.length; row++) {
    const weight = sampleWeight === undefined ? 1 : (sampleWeight[row] ?? NaN);
    if (!(weight >= 0 && weight < Infinity)) {
      const expected = new DataError(
        `sampleWeight of row ${row} is ${describe(sampleWeight?.[row])}: expected a finite number from 0.`,
        { row },
      );
      return { examples: firstOf(table, read.targets, weights, row), problem: expected };
    }
    weights[row] = weight * targets.weightOf(read.targets[row] ?? NaN);
  }
  return {
    examples: firstOf(table, read.targets, weights, read.targets.length),
    problem: read.problem ?? problem,
  };
}

/** A table may hold more values than its rows have: those after the last are never looked at. */
function firstOf(table: Table, targets: Float64Array, weights: Float64Array, count: number): Examples {
  return {
    table: { ...table, count },
    targets: targets.subarray(0, count),
    weights: weights.subarray(0, count),
  };
}

function countOf(rows: Rows): number {
  return 'shape' in rows ? rows.shape[0] : rows.length;
}

/** Throws unless there is one for each row. @throws ArgumentError, LengthError */
export function checkLength(list: unknown, count: number, name: string): void {
  if (!isList(list)) {
    throw new ArgumentError(`${name} is ${describe(list)}: expected a list of ${count}, one for each row.`);
  }
  if (list.length !== count) {
    throw new LengthError(`There are ${count} rows and ${list.length} ${name}: expected one for each row.`);
  }
}

/** A stream as one chunk, read to its end. @throws DataError when its chunks do not go together */
export async function gather<Name>(stream: AsyncIterable<Chunk<Name>>): Promise<Chunk<Name>> {
  const data: number[] = [];
  const indices: number[] = [];
  const indptr: number[] = [0];
  const labels: Name[] = [];
  const sampleWeight: number[] = [];
  let first: Table | undefined;
  for await (const chunk of stream) {
    checkChunk(chunk);
    const before = labels.length;
    const { table, problem } = readRows(chunk.rows, first?.features);
    if (problem !== undefined) throw shifted(problem, before);
    checkLength(chunk.labels, table.count, 'labels');
    first ??= table;
    if (table.isDense !== first.isDense) {
      throw new DataError(
        `Rows from ${before} on are ${kindOf(table)}, those before are not: expected one kind in a stream.`,
        { row: before },
      );
    }
    for (let row = 0; row < table.count; row++) {
      const [from, to] = extent(table, row);
      for (let at = from; at < to; at++) {
        data.push(table.values[at] ?? NaN);
        if (!table.isDense) indices.push(table.indices[at] ?? NaN);
      }
      indptr.push(data.length);
      labels.push(chunk.labels[row] as Name);
      sampleWeight.push(chunk.sampleWeight === undefined ? 1 : (chunk.sampleWeight[row] ?? NaN));
    }
  }
  if (first === undefined) throw new DataError('The stream has no rows: expected at least one.');
  const shape = [labels.length, first.features] as const;
  const rows = first.isDense ? { data: Float64Array.from(data), shape } : { data, indices, indptr, shape };
  return { rows, labels, sampleWeight };
}

function kindOf({ isDense }: Table): string {
  return isDense ? 'dense' : 'sparse';
}

/** @throws ArgumentError */
export function checkChunk(chunk: unknown): void {
  if (typeof chunk === 'object' && chunk !== null && 'rows' in chunk && 'labels' in chunk) return;
  throw new ArgumentError(
    `The stream gave ${describe(chunk)}: expected { rows, labels }, as in { rows: [row], labels: [label] }.`,
  );
}

/** The same problem, where rows are counted from the start of the stream. */
export function shifted(problem: DataError, before: number): DataError {
  if (problem.row === undefined || before === 0) return problem;
  return new DataError(`After ${before} rows of the stream: ${problem.message}`, {
    row: before + problem.row,
    column: problem.column,
  });
}
