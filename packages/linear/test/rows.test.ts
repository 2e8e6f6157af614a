import { describe, expect, test } from 'vitest';
import { type CsrMatrix, DataError, type Rows } from '../src/index.ts';
import { readAllRows, readRows } from '../src/rows.ts';

const csr = (change: Partial<Record<keyof CsrMatrix, unknown>> = {}): CsrMatrix =>
  ({ data: [1, 2, 3], indices: [0, 2, 1], indptr: [0, 2, 2, 3], shape: [3, 3], ...change }) as CsrMatrix;

test('all forms of the same rows are the same', () => {
  const lists = readAllRows([[1, 0, 2], Float32Array.of(0, 0, 0), [0, 3, 0]]);
  expect(readAllRows({ data: Float64Array.of(1, 0, 2, 0, 0, 0, 0, 3, 0), shape: [3, 3] })).toStrictEqual(
    lists,
  );
  expect(readAllRows({ data: Float32Array.of(1, 0, 2, 0, 0, 0, 0, 3, 0), shape: [3, 3] })).toStrictEqual(
    lists,
  );
  const sparse = readAllRows(csr());
  expect(sparse).toStrictEqual({
    isDense: false,
    count: 3,
    features: 3,
    starts: Uint32Array.of(0, 2, 2, 3),
    indices: Uint32Array.of(0, 2, 1),
    values: Float64Array.of(1, 2, 3),
  });
  const typed = csr({
    data: Float32Array.of(1, 2, 3),
    indices: Int32Array.of(0, 2, 1),
    indptr: Int32Array.of(0, 2, 2, 3),
  });
  expect(readAllRows(typed)).toStrictEqual(sparse);
});

test('there may be no rows', () => {
  expect(readAllRows([], 3).count).toBe(0);
  expect(readAllRows({ data: new Float64Array(0), shape: [0, 3] }).count).toBe(0);
  expect(readAllRows({ data: [], indices: [], indptr: [0], shape: [0, 3] }).count).toBe(0);
});

describe('what cannot be read is refused as a whole', () => {
  test.each<[unknown, string]>([
    ['rows', "The rows are 'rows': expected an array of rows, a CSR matrix"],
    [null, 'The rows are null'],
    [{ data: [1] }, 'The rows are an object: expected'],
    [new Float64Array(4), 'The rows are a Float64Array: expected'],
    [csr({ shape: [3] }), 'The matrix has the shape [3]: expected [rows, columns], two whole numbers.'],
    [csr({ shape: [3, 1.5] }), 'The matrix has the shape [3, 1.5]'],
    [csr({ shape: [3, 0] }), 'The rows have no columns: expected at least one.'],
    [[[], []], 'The rows have no columns'],
    [
      csr({ data: [1, 2] }),
      'has 3 rows, 2 values in data, 3 values in indices and 4 values in indptr, from 0 to 3: data and indices must have the same length, and indptr one value for each row and one more, from 0 to that length.',
    ],
    [csr({ indices: undefined }), '3 values in data, undefined in indices'],
    [csr({ indptr: [0, 3] }), '3 values in indices and 2 values in indptr, from 0 to undefined'],
    [csr({ indptr: [1, 2, 2, 3] }), '4 values in indptr, from 1 to 3'],
    [csr({ indptr: [0, 2, 2, 2] }), '4 values in indptr, from 0 to 2'],
    [{ data: new Float64Array(5), shape: [2, 3] }, 'of shape [2, 3] has 5 values: expected 6 numbers'],
    [{ data: 'abcdef', shape: [2, 3] }, "has 'abcdef': expected 6 numbers"],
  ])('%j', (rows, message) => {
    expect(() => readRows(rows as Rows)).toThrow(DataError);
    expect(() => readRows(rows as Rows)).toThrow(message);
  });

  test('rows of another number of columns than fitted', () => {
    expect(() => readRows(csr(), 4)).toThrow(
      'The rows have 3 columns: expected 4, as in the rows fitted before.',
    );
    expect(() => readRows({ data: new Float64Array(6), shape: [2, 3] }, 2)).toThrow(
      'The rows have 3 columns: expected 2',
    );
  });
});

describe('the first row that is wrong is named, and those before it are there', () => {
  test.each<[unknown, number, number | undefined, string]>([
    [
      [
        [1, 2],
        [3, 4, 5],
      ],
      1,
      undefined,
      'Row 1 has 3 values: expected 2, as in row 0.',
    ],
    [
      [[1, 2], 'ab'],
      1,
      undefined,
      "Row 1 is 'ab': expected a list of numbers. Sparse rows go into a CSR matrix.",
    ],
    [[[1, 2], undefined], 1, undefined, 'Row 1 is undefined'],
    [
      [
        [1, 2],
        [3, NaN],
      ],
      1,
      1,
      'Row 1, column 1 is NaN: expected a finite number.',
    ],
    [
      [
        [1, 2],
        [Infinity, 2],
      ],
      1,
      0,
      'Row 1, column 0 is Infinity',
    ],
    [
      [
        [1, 2],
        ['3', 2],
      ],
      1,
      0,
      "Row 1, column 0 is '3'",
    ],
    [[[1, 2], Array(2)], 1, 0, 'Row 1, column 0 is undefined'],
    [{ data: Float64Array.of(1, 2, 3, NaN), shape: [2, 2] }, 1, 1, 'Row 1, column 1 is NaN'],
    [csr({ data: [1, 2, -Infinity] }), 2, 1, 'Row 2, column 1 is -Infinity'],
    [csr({ data: [1, 2, null] }), 2, 1, 'Row 2, column 1 is null'],
    [
      csr({ indices: [0, 2, 3] }),
      2,
      undefined,
      'Row 2 has the column 3 in indices: expected whole numbers from 0 to 2.',
    ],
    [
      csr({ indices: [0, 2, -1] }),
      2,
      undefined,
      'Row 2 has the column -1 in indices: expected whole numbers',
    ],
    [csr({ indices: [0, 2, 0.5] }), 2, undefined, 'Row 2 has the column 0.5 in indices'],
    [
      csr({ indices: [2, 0, 1] }),
      0,
      0,
      'Row 0 has the column 0 in indices: expected columns that increase, and the one before is 2.',
    ],
    [csr({ indices: [1, 1, 1] }), 0, 1, 'Row 0 has the column 1 in indices: expected columns that increase'],
    [csr({ indptr: [0, 2, 1, 3] }), 1, undefined, 'Row 1 of the CSR matrix goes from 2 to 1 in indptr'],
    [
      csr({ indptr: [0, 2, 9, 3] }),
      1,
      undefined,
      'goes from 2 to 9 in indptr: expected whole numbers that do not decrease, up to 3',
    ],
    [csr({ indptr: [0, 1.5, 2, 3] }), 0, undefined, 'goes from 0 to 1.5 in indptr'],
  ])('%j', (rows, row, column, message) => {
    const { table, problem } = readRows(rows as Rows);
    expect(table.count).toBe(row);
    expect(problem?.message).toContain(message);
    expect([problem?.row, problem?.column, problem?.code]).toStrictEqual([row, column, 'DATA']);
    expect(() => readAllRows(rows as Rows)).toThrow(message);
  });

  test.each([
    { indices: [0, 2, 3] },
    { indices: [2, 0, 1] },
    { indices: [1, 1, 1] },
    { indptr: [0, 2, 1, 3] },
    { indptr: [0, 2, 9, 3] },
    { data: [1, 2, -Infinity] },
    { data: [NaN, 2, 3] },
  ])('a CSR matrix of typed arrays, with the same message as one of lists: %j', (change) => {
    const lists = csr(change);
    const typed = {
      data: Float64Array.from(lists.data),
      indices: Uint32Array.from(lists.indices),
      indptr: Uint32Array.from(lists.indptr),
      shape: lists.shape,
    };
    const { table, problem } = readRows(typed);
    const expected = readRows(lists);
    expect(problem).toBeDefined();
    expect([table.count, problem]).toStrictEqual([expected.table.count, expected.problem]);
  });

  test('a list of another length than fitted', () => {
    const { table, problem } = readRows([[1, 2, 3]], 2);
    expect([table.count, problem?.message]).toStrictEqual([
      0,
      'Row 0 has 3 values: expected 2, as in the rows fitted before.',
    ]);
  });
});
