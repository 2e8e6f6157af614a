import { describe, expect, test } from 'vitest';
import { formatQuery, isPackageName, parseQuery } from '../src/page/query.ts';

describe('the address of a page', () => {
  test.each([
    '?module=./my-backend.js&export=small&only=step/*&only=batch/many/float32&shard=1/4&thorough=true&seed=7',
    '?module=https://example.org/a.js',
    '?',
  ])('is read and written: %s', (search) => {
    const query = parseQuery(search);
    expect(parseQuery(formatQuery(query))).toStrictEqual(query);
    expect(decodeURIComponent(formatQuery(query))).toBe(search);
  });

  test('has defaults', () => {
    expect(parseQuery('')).toStrictEqual({
      module: '',
      exportName: undefined,
      selection: { thorough: false },
      seed: undefined,
    });
  });

  test.each([
    ['?modul=./a.js', 'The address has ?modul=: expected module, export, only, shard, thorough, seed.'],
    ['?shard=2', 'The address has shard=2: expected a part, such as 1/4.'],
    ['?seed=1e3', 'The address has seed=1e3: expected a whole number'],
    ['?seed=3000000000', 'The address has seed=3000000000: expected a whole number of at most 31 bits'],
  ])('is refused if it says %s', (search, message) => {
    expect(() => parseQuery(search)).toThrow(message);
  });
});

test.each([
  ['@asgd/cpu', true],
  ['my-backend', true],
  ['my-backend/part.js', true],
  ['./my-backend.js', false],
  ['../my-backend.js', false],
  ['/my-backend.js', false],
  ['https://example.org/my-backend.js', false],
  ['data:text/javascript,1', false],
])('%s is the name of a package: %s', (module, expected) => {
  expect(isPackageName(module)).toBe(expected);
});
