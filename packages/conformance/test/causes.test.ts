import { describe, expect, test } from 'vitest';
import { causesOf } from '../src/causes.ts';
import type { Diagnosis } from '../src/diagnosis.ts';
import type { Row } from '../src/report.ts';

function failure(id: string, error: string, diagnosis: Partial<Diagnosis> | null = null): Row {
  return {
    id,
    spec: 'Update',
    outcome: 'fail',
    expectedToFail: false,
    reason: null,
    error,
    diagnosis: diagnosis as Diagnosis | null,
    ulp: 1,
    duration: 1,
  };
}

function wrong(id: string, length: number, step: number, ...asIf: readonly string[]): Row {
  return failure(id, `MismatchError: at index ${length}`, { length, step, asIf });
}

function found(rows: readonly Row[]): unknown {
  return causesOf(rows).map(({ asIf, rows: members }) => [asIf, members.map(({ id }) => id)]);
}

describe('causes', () => {
  test('are what explains most failures, with the smallest case first', () => {
    const rows = [
      wrong('large', 100, 1, 'a', 'b'),
      wrong('late', 1, 3, 'a'),
      wrong('early', 1, 2, 'a', 'c'),
      wrong('other', 5, 1, 'c'),
    ];
    expect(found(rows)).toStrictEqual([
      ['a', ['early', 'late', 'large']],
      [null, ['other']],
    ]);
  });

  test('are not named when two explain equally much', () => {
    expect(found([wrong('x', 2, 1, 'a', 'b'), wrong('y', 1, 1, 'b', 'a')])).toStrictEqual([
      [null, ['y', 'x']],
    ]);
  });

  test('are told apart by their errors, but not by the numbers in them', () => {
    const rows = [
      failure('x', 'Error: at index 3 expected -0.5, got NaN\n  at suite.ts:3'),
      failure('y', 'Error: at index 17 expected 1e-7, got Infinity\n  at suite.ts:4'),
      failure('z', 'TypeError: no such thing'),
      failure('p', 'Error: Property failed after 3 tests\nGot TypeError: null'),
      failure('q', 'Error: Property failed after 9 tests\nGot RangeError: far'),
    ];
    expect(found(rows)).toStrictEqual([
      [null, ['x', 'y']],
      [null, ['z']],
      [null, ['p']],
      [null, ['q']],
    ]);
  });

  test('leave out what passed, and what was expected', () => {
    const passed = { ...failure('a', ''), outcome: 'pass', error: null } as const;
    expect(found([passed, { ...failure('b', 'Error: off'), expectedToFail: true }])).toStrictEqual([]);
  });
});
