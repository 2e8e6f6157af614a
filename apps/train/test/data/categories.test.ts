import { appendFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { mostCategories } from '../../src/data/categories.ts';
import { bytesOf } from '../../src/data/rows.ts';
import type { Columns } from '../../src/data/columns.ts';
import { Folder } from '../folder.ts';
import { open, rowsOf } from './reading.ts';

const folder = new Folder();
const text = 'y,colour,size,shape\n1,red,5,"a,b"\n2,blue,6,?\n3,"red",7,\n4,Green,8,a\n';
const categorical = ['colour', '-1'];

function names(columns: Columns | undefined): string[] {
  return [...(columns?.describeFeatures() ?? [])].map(({ name }) => name);
}

describe('a categorical column', () => {
  test('has a feature for each of its values, in their order, and none for a missing one', async () => {
    const file = folder.write('shapes.csv', text);
    for (const missing of ['zero', 'mean'] as const) {
      const table = await open(file, { categorical, missing });
      expect(table.features).toBe(6);
      expect(names(table.columns)).toStrictEqual([
        'colour=Green',
        'colour=blue',
        'colour=red',
        'size',
        'shape=a',
        'shape=a,b',
      ]);
      expect(await rowsOf(table)).toStrictEqual([
        [1, { 0: 0, 1: 0, 2: 1, 3: 5, 4: 0, 5: 1 }],
        [2, { 0: 0, 1: 1, 2: 0, 3: 6, 4: 0, 5: 0 }],
        [3, { 0: 0, 1: 0, 2: 1, 3: 7, 4: 0, 5: 0 }],
        [4, { 0: 1, 1: 0, 2: 0, 3: 8, 4: 1, 5: 0 }],
      ]);
      expect(table.bytes).toBe(bytesOf(table.kept ?? (undefined as never)));
    }
    await expect(open(file, { categorical })).rejects.toThrow(
      `${file}:3:10: cell 4 (shape): found "?", expected a category; with --missing zero or --missing mean it has none`,
    );
  });

  test('is the same in rows that are streamed, wherever the bytes are cut', async () => {
    const file = folder.write(
      'many.csv',
      Array.from({ length: 60 }, (_, i) => `${i},c${i % 7},${i / 4}\n`).join(''),
    );
    const kept = await open(file, { categorical: ['2'] });
    const streamed = await open(file, { categorical: ['2'], memory: 400 });
    expect(kept.kept).toBeDefined();
    expect(streamed.kept).toBeUndefined();
    expect(streamed.features).toBe(8);
    expect([streamed.bytes, streamed.fingerprint]).toStrictEqual([kept.bytes, kept.fingerprint]);
    for (const chunkBytes of [1, 7, 1000]) {
      for await (const block of streamed.blocks({ chunkBytes })) {
        expect(bytesOf(block)).toBeLessThanOrEqual(400);
      }
      expect(await rowsOf(streamed, { chunkBytes })).toStrictEqual(await rowsOf(kept));
    }
    appendFileSync(file, '1,c9,2\n');
    await expect(rowsOf(streamed)).rejects.toThrow(`${file} changed while it was in use`);
  });

  test('of test data has the features of the training data, all 0 for a category that is not among them', async () => {
    const { columns } = await open(folder.write('training.csv', text), { categorical, missing: 'zero' });
    const file = folder.write('test.csv', 'y,colour,size,shape\n1,pink,5,a\n2,blue,6,c\n3,,7,a\n');
    const table = await open(file, { categorical, missing: 'zero', columns });
    expect(table).toMatchObject({ features: 6, ignored: 2 });
    expect(await rowsOf(table)).toStrictEqual([
      [1, { 0: 0, 1: 0, 2: 0, 3: 5, 4: 1, 5: 0 }],
      [2, { 0: 0, 1: 1, 2: 0, 3: 6, 4: 0, 5: 0 }],
      [3, { 0: 0, 1: 0, 2: 0, 3: 7, 4: 1, 5: 0 }],
    ]);
  });

  test('alone makes a row', async () => {
    const table = await open(folder.write('alone.csv', 'y,kind\n1,a\n2,b\n'), { categorical: ['kind'] });
    expect(await rowsOf(table)).toStrictEqual([
      [1, { 0: 1, 1: 0 }],
      [2, { 0: 0, 1: 1 }],
    ]);
  });

  test('may have so many values, and no more', async () => {
    const rows = Array.from({ length: mostCategories + 1 }, (_, i) => `${i},v${i}\n`);
    const most = folder.write('most.csv', `y,id\n${rows.slice(1).join('')}`);
    expect((await open(most, { categorical: ['id'], memory: 2 ** 24 })).features).toBe(mostCategories);
    const more = folder.write('more.csv', `y,id\n${rows.join('')}`);
    await expect(open(more, { categorical: ['id'] })).rejects.toThrow(
      `${more}:1002:6: cell 2 (id): found "v1000", expected at most 1000 different values in the column; --hashed takes more, --text takes words`,
    );
    await expect(open(most, { categorical: ['id'], memory: 3000 })).rejects.toThrow(
      `${most}: found 1000 features with all categories: a row of them does not fit in --memory`,
    );
  });

  test.each([
    ['the label', { categorical: ['y'] }, 'found column y in --categorical, but it has the label'],
    ['ignored', { categorical: ['a'], ignore: ['2'] }, 'found column a in --categorical and in --ignore'],
    ['absent', { categorical: ['z'] }, 'no column z (--categorical): found "y", "a", "b"'],
  ])('is refused where it is %s', async (_, options, message) => {
    await expect(open(folder.write('refused.csv', 'y,a,b\n1,2,3\n'), options)).rejects.toThrow(message);
  });
});
