import { ArgumentError } from '@asgd/core';
import { describe, expect, test } from 'vitest';
import type { Case } from '../src/case.ts';
import { select, type Selection } from '../src/selection.ts';

const cases = [
  'step/plain/float32/n=1',
  'step/plain/float32/n=16',
  'step/plain/float64/n=1',
  'batch/many/float32',
].map((id): Case => ({ id, spec: 'Update', needs: {}, run: async () => {} }));

function chosen(selection: Selection): readonly string[] {
  return select(cases, selection).map(({ id }) => id);
}

test('the thorough cases are selected only when they are asked for', () => {
  const item: Case = { id: 'thorough/a', spec: 'Update', needs: {}, isThorough: true, run: async () => {} };
  expect(select([...cases, item], {})).toStrictEqual(cases);
  expect(select([...cases, item], { thorough: true })).toStrictEqual([...cases, item]);
  expect(() => select([...cases, item], { only: 'thorough/a' })).toThrow('Ask for the thorough cases too.');
});

describe('a selection', () => {
  test('is everything, if it says nothing', () => {
    expect(select(cases, {})).toStrictEqual(cases);
  });

  test('takes an id for that case alone, and a pattern for the whole of an id', () => {
    expect(chosen({ only: 'step/plain/float32/n=1' })).toStrictEqual(['step/plain/float32/n=1']);
    expect(chosen({ only: 'step/*/n=1' })).toStrictEqual([
      'step/plain/float32/n=1',
      'step/plain/float64/n=1',
    ]);
    expect(chosen({ only: '*many*' })).toStrictEqual(['batch/many/float32']);
  });

  test('takes several, in the order of the suite, each case once', () => {
    expect(chosen({ only: ['batch/*', '*float32', 'step/plain/float64/n=1'] })).toStrictEqual([
      'step/plain/float64/n=1',
      'batch/many/float32',
    ]);
  });

  test.each([
    ['float32', "Write '*float32*'"],
    ['step/plain', "Write 'step/plain*'"],
    ['*/many', "Write '*/many*'"],
    ['step.plain/float32/n=1', 'Correct it.'],
    ['n=1$', 'Correct it.'],
    ['', "Write '*'"],
  ])('that matches nothing is refused, with what to write instead: %s', (only, advice) => {
    expect(() => chosen({ only })).toThrow(ArgumentError);
    expect(() => chosen({ only })).toThrow(advice);
    expect(() => chosen({ only: ['batch/*', only] })).toThrow(`No case matches '${only}'`);
  });

  test('has shards that make up the whole of it', () => {
    const shards = [1, 2, 3].map((index) => chosen({ only: 'step/*', shard: { index, count: 3 } }));
    expect(shards.flat().toSorted()).toStrictEqual(chosen({ only: 'step/*' }).toSorted());
    expect(shards.map(({ length }) => length)).toStrictEqual([1, 1, 1]);
  });

  test.each([
    { index: 0, count: 2 },
    { index: 3, count: 2 },
    { index: 1.5, count: 2 },
    { index: 1, count: NaN },
  ])('is refused if its shard does not exist: $index of $count', (shard) => {
    expect(() => chosen({ shard })).toThrow(ArgumentError);
    expect(() => chosen({ shard })).toThrow(`The shard is ${shard.index} of ${shard.count}`);
  });
});
