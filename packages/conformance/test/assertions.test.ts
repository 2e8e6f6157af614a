import { LengthError } from '@asgd/core';
import { describe, expect, test } from 'vitest';
import { expectEqual } from '../src/cases/fixture.ts';
import { compare, exactly } from '../src/compare.ts';
import { checkSchedule } from '../src/exact.ts';
import {
  type Case,
  type Context,
  expect as expectCondition,
  expectBits,
  expectRejects,
  expectSame,
  expectThrows,
  type Report,
  run,
} from '../src/index.ts';
import { plainBackend } from './kernels.ts';

function caseOf(body: (context: Context) => unknown): Case {
  return { id: 'some/case', spec: 'Update', needs: {}, run: async (context) => void (await body(context)) };
}

function runCases(...cases: readonly Case[]): Promise<Report> {
  return run({ name: 'plain', open: () => plainBackend() }, { cases });
}

const values = new Float32Array(0);
const schedule = { step: 1, eta: 0.5, mu: 1 };
const asserting = caseOf(() => expectSame(1, 1, ''));

describe('a case that asserts nothing', () => {
  test('fails, since it would pass whatever the backend did', async () => {
    const silent = caseOf(({ backend }) => backend.zeros([1]));
    const report = await runCases(asserting, silent, asserting);
    expect(report.passed).toBe(false);
    expect(report.rows.map(({ outcome }) => outcome)).toStrictEqual(['pass', 'fail', 'pass']);
    expect(report.rows[1]?.error).toMatch(/^Error: The case made no assertion/);
  });

  test('fails with what it throws, if it does', async () => {
    const broken = caseOf(() => {
      throw new RangeError('4 is too many');
    });
    expect((await runCases(broken)).rows[0]?.error).toBe('RangeError: 4 is too many');
  });
});

describe('what counts as an assertion', () => {
  const reject = (): never => {
    throw new LengthError('3 is too many');
  };

  test.each<[string, (context: Context) => unknown]>([
    ['expect', () => expectCondition(true, '')],
    ['expectSame', () => expectSame(1, 1, '')],
    ['expectBits', () => expectBits(values, values, '')],
    ['expectEqual', () => expectEqual(1, 1, '')],
    ['expectThrows', () => expectThrows('LENGTH', '', reject)],
    ['expectRejects', () => expectRejects('LENGTH', '', (async () => reject())())],
    ['compare', () => compare('', values, exactly(values), () => {})],
    ['checkSchedule', () => checkSchedule('', { ...schedule, ax: values }, schedule)],
  ])('%s', async (_, body) => {
    expect((await runCases(caseOf(body))).rows).toMatchObject([{ outcome: 'pass', error: null }]);
  });
});
