import { describe, expect, test } from 'vitest';
import { hash } from '../../src/data/hash.ts';
import type { Label } from '../../src/data/labels.ts';
import { Folder } from '../folder.ts';
import { open, rowsOf } from './reading.ts';

const folder = new Folder();

describe('LIBSVM', () => {
  test('reads labels and index:value pairs, comments, blank lines, tabs and Windows line ends', async () => {
    const file = folder.write(
      'good.svm',
      '# made by hand\n+1 1:0.5 3:-2e1 # a comment\r\n\n \t\n-1\t2:1\n0\n2.5 4:.25#x',
    );
    const table = await open(file);
    expect(table).toMatchObject({ rows: 4, features: 4, ignored: 0 });
    expect(await rowsOf(table)).toStrictEqual([
      [1, { 0: 0.5, 2: -20 }],
      [-1, { 1: 1 }],
      [0, {}],
      [2.5, { 3: 0.25 }],
    ]);
  });

  test('reads every number as the language does, plain ones and others', async () => {
    const digits = (count: number, seed: number): string =>
      Array.from({ length: count }, (_, i) => String(hash(seed, i) % 10)).join('');
    const texts = Array.from({ length: 4000 }, (_, i) => {
      const sign = ['', '-', '+'][hash(i) % 3] ?? '';
      const point = i % 3 === 0 ? '' : `.${digits(hash(i, 1) % 12, i)}`;
      const exponent = i % 5 === 0 ? `e${(hash(i, 2) % 20) - 10}` : '';
      return `${sign}${digits(1 + (hash(i, 3) % 9), i + 0.5)}${point}${exponent}`;
    });
    const file = folder.write('numbers.svm', `1 ${texts.map((text, i) => `${i + 1}:${text}`).join(' ')}#\n`);
    const [[, found] = [0, {}]] = await rowsOf(await open(file));
    const wrong = texts.filter((text, i) => !Object.is(found[i], Math.fround(Number(text))));
    expect([wrong, Object.keys(found).length]).toStrictEqual([[], 4000]);
  });

  test('takes the number of features from --features, as long as no index is beyond it', async () => {
    const file = folder.write('features.svm', '1 1:1\n2 3:1\n');
    expect((await open(file, { features: 10 })).features).toBe(10);
    await expect(open(file, { features: 2 })).rejects.toThrow(
      `${file}:2:3: found index 3, expected at most 2 (--features)`,
    );
  });

  test('leaves out, and counts, values of test data whose features training never saw', async () => {
    const file = folder.write('test.svm', '1 1:1 5:1 6:1\n2 2:3\n');
    const table = await open(file, { features: 3, beyond: 'ignore' });
    expect(table).toMatchObject({ features: 3, ignored: 2 });
    expect(await rowsOf(table)).toStrictEqual([
      [1, { 0: 1 }],
      [2, { 1: 3 }],
    ]);
  });

  test.each([
    [
      'a bad number',
      '1 1:1\n1 1:1 2:x 3:1\n',
      '2:9: found "x", expected the value of feature 2, a finite number',
    ],
    [
      'a value left out',
      '1 1:1 2:\n',
      '1:9: found nothing, expected the value of feature 2, a finite number',
    ],
    ['a value that float32 cannot hold', '1 1:1e39\n', '1:5: found "1e39", expected the value of feature 1'],
    ['an infinite value', '1 1:inf\n', '1:5: found "inf", expected the value of feature 1'],
    ['index 0', '1 1:1\n0 0:1\n', '2:3: found index 0, expected 1 or more: indices count from 1'],
    [
      'indices not increasing',
      '1 3:1 2:1\n',
      '1:7: found index 2 after index 3, expected increasing indices',
    ],
    ['an index twice', '1 3:1 3:1\n', '1:7: found index 3 after index 3, expected increasing indices'],
    ['an index too large', '1 4294967296:1\n', '1:3: found index 4294967296, expected at most 2147483647'],
    ['a negative index', '1 -1:1\n', '1:3: found "-1:1", expected index:value'],
    ['no colon', '1 1:1 7\n', '1:7: found "7", expected index:value'],
    ['a query id', '1 qid:3 1:1\n', '1:3: found "qid:3", expected index:value'],
    [
      'the label missing',
      '1 1:1\n 1:0.5 2:1\n',
      '2:2: the label is missing: found "1:0.5", expected a number',
    ],
    ['a label that is not a number', 'cat 1:1\n', '1:1: found "cat", expected the label, a number'],
    ['several labels', '1,2 1:1\n', '1:1: found "1,2", expected the label, a number'],
    ['a bad line after multi-byte comments', '1 1:1 # ä€\n1 1:é\n', '2:5: found "é", expected the value'],
    ['a control character', '1 1:1\u0001\n', '1:5: found "1\\u0001", expected the value'],
  ])('names file, line and column of %s', async (_, text, message) => {
    const file = folder.write('bad.svm', text);
    await expect(open(file, { format: 'libsvm' })).rejects.toThrow(`${file}:${message}`);
  });

  test('refuses a label that the rule refuses, where it stands', async () => {
    const file = folder.write('label.svm', '1 1:1\n  3 1:1\n');
    const acceptLabel = (label: Label): number | string => (label === 3 ? 'anything but 3' : Number(label));
    await expect(open(file, { acceptLabel })).rejects.toThrow(
      `${file}:2:3: found label 3, expected anything but 3`,
    );
  });

  test('refuses a file without a single feature', async () => {
    const file = folder.write('labels.svm', '1\n2\n');
    await expect(open(file)).rejects.toThrow(`${file}: found no feature in any row, expected at least one`);
  });

  test('refuses --label, which it does not need', async () => {
    const file = folder.write('label.svm', '1 1:2\n');
    await expect(open(file, { label: '1' })).rejects.toThrow(
      `${file} is LIBSVM, where the label comes first and columns have no names: leave out --label, or give --format csv`,
    );
    await expect(open(file, { label: '1', format: 'libsvm' })).rejects.toThrow(/leave out --label$/);
  });

  test('refuses a row that does not fit in the memory allowed', async () => {
    const pairs = Array.from({ length: 200 }, (_, i) => ` ${i + 1}:1`).join('');
    const file = folder.write('wide.svm', `1${pairs}\n`);
    await expect(open(file, { memory: 1000 })).rejects.toThrow(
      `${file}:1:${2 + pairs.indexOf('126:')}: found more than 125 values in a row, which do not fit in --memory`,
    );
  });
});
