import { FeatureHasher, TextVectorizer } from '@asgd/linear';
import { describe, expect, test } from 'vitest';
import { loadData } from '../../src/data/load.ts';
import { programMemory } from '../../src/data/memory.ts';
import { defaults } from '../../src/options.ts';
import { Folder } from '../folder.ts';
import { open, rowsOf } from './reading.ts';

const folder = new Folder();
const texts = ['Cheap pills, "cheap"!', '', 'Meet me\nat noon', 'pills at noon', 'NA'];
const cell = (text: string): string => `"${text.replaceAll('"', '""')}"`;
const lines = texts.map((text, i) => `${i},${cell(text)},${i / 4},city ${i % 2}\n`).join('');
const file = folder.write('texts.csv', `y,body,size,city\n${lines}`);
const hashColumns = 64;

/** A row of a sparse matrix as its features by number, counted from `first`, in float32 as rows have them. */
function expected(
  { data, indices, indptr }: ReturnType<TextVectorizer['transform']>,
  row: number,
  first = 0,
): [number, number][] {
  const at = Array.from(
    { length: (indptr[row + 1] ?? 0) - (indptr[row] ?? 0) },
    (_, i) => (indptr[row] ?? 0) + i,
  );
  return at.map((i) => [first + (indices[i] ?? NaN), Math.fround(data[i] ?? NaN)]);
}

describe('a column of text', () => {
  test('makes the features that the vectorizer makes of all texts, in the order of columns', async () => {
    const matrix = new TextVectorizer({ features: hashColumns }).fitTransform(texts);
    const table = await open(file, { text: ['body'], categorical: ['city'], hashColumns });
    expect(table.features).toBe(hashColumns + 3);
    expect(table.kept?.layout).toBe('sparse');
    expect(await rowsOf(table)).toStrictEqual(
      texts.map((_, i) => [
        i,
        Object.fromEntries([...expected(matrix, i), [hashColumns, i / 4], [hashColumns + 1 + (i % 2), 1]]),
      ]),
    );
    const names = [...(table.columns?.describeFeatures() ?? [])].map(({ name }) => name);
    expect(names).toHaveLength(table.features);
    expect(names.slice(-4)).toStrictEqual([`body#${hashColumns - 1}`, 'size', 'city=city 0', 'city=city 1']);
  });

  test('gives the same rows when they do not fit in memory, and counts no words of test data', async () => {
    const kept = await open(file, { text: ['body'], categorical: ['city'], hashColumns });
    const streamed = await open(file, { text: ['body'], categorical: ['city'], hashColumns, memory: 200 });
    expect(streamed.kept).toBeUndefined();
    const { columns } = kept;
    const tested = await open(file, { text: ['body'], categorical: ['city'], hashColumns, columns });
    for (const table of [streamed, streamed, tested]) {
      expect(await rowsOf(table)).toStrictEqual(await rowsOf(kept));
    }
  });

  test('goes with numbers that are filled and standardized, and leaves them stored', async () => {
    const many = Array.from(
      { length: 200 },
      (_, i) => `${i % 2},word${i % 9} word${i % 4},${i % 7 === 1 ? '' : 5 * i}\n`,
    );
    const data = folder.write('many.csv', `y,body,size\n${many.join('')}`);
    const settings = {
      ...defaults,
      data,
      text: 'body',
      hashColumns,
      missing: 'mean',
      standardize: true,
    } as const;
    const norms: number[] = [];
    for (const memory of [512, programMemory + 0.017]) {
      const { training, squaredNorms } = await loadData({ ...settings, memory }, () => ({
        end: () => undefined,
      }));
      expect(training.table.kept === undefined).toBe(memory < 512);
      const sizes: number[] = [];
      for await (const { rows, picks } of training.selections()) {
        for (const row of picks) {
          if (rows.layout === 'dense') throw new Error('rows with text are sparse');
          const end = (rows.starts[row + 1] ?? 0) - 1;
          expect(rows.indices[end]).toBe(hashColumns);
          sizes.push(rows.values[end] ?? NaN);
        }
      }
      expect(sizes).toHaveLength(training.count);
      expect(sizes.reduce((sum, size) => sum + size, 0) / sizes.length).toBeCloseTo(0, 5);
      expect(sizes.reduce((sum, size) => sum + size ** 2, 0) / sizes.length).toBeCloseTo(1, 5);
      // 1 of the number, 1 of the text, and 0.01 or 1 of the intercept.
      norms.push(squaredNorms.mean - (squaredNorms.mean > 2.5 ? 1 : 0.01));
      expect(squaredNorms.largest).toBeGreaterThan(2);
    }
    for (const norm of norms) expect(norm).toBeCloseTo(2, 5);
  });

  test('may have no words at all', async () => {
    const empty = folder.write('empty.csv', 'y,body\n1,\n2,a\n3,!\n');
    expect(await rowsOf(await open(empty, { text: ['body'] }))).toStrictEqual([
      [1, {}],
      [2, {}],
      [3, {}],
    ]);
  });
});

describe('a hashed column', () => {
  test('makes a feature of each category, however many, and needs one pass', async () => {
    const matrix = new FeatureHasher({ features: hashColumns }).transform([[['city 0', 1]], [['city 1', 1]]]);
    let reads = 0;
    const table = await open(
      file,
      { hashed: ['city'], ignore: ['body'], hashColumns },
      { onRead: () => (reads += 1) },
    );
    expect(reads).toBe(1);
    expect(await rowsOf(table)).toStrictEqual(
      texts.map((_, i) => [i, Object.fromEntries([[0, i / 4], ...expected(matrix, i % 2, 1)])]),
    );
  });

  test('refuses a missing category, or has no feature for it', async () => {
    const gaps = folder.write('gaps.csv', 'y,city\n1,a\n2,NA\n');
    await expect(open(gaps, { hashed: ['city'] })).rejects.toThrow(
      `${gaps}:3:3: cell 2 (city): found "NA", expected a category; with --missing zero`,
    );
    const [, second] = await rowsOf(await open(gaps, { hashed: ['city'], missing: 'zero' }));
    expect(second).toStrictEqual([2, {}]);
  });

  test.each([
    ['the label', { text: ['y'] }, 'found column y in --text, but it has the label'],
    ['ignored', { text: ['body'], ignore: ['2'] }, 'found column body in --text and in --ignore'],
    [
      'categorical',
      { hashed: ['city'], categorical: ['city'] },
      'found column city in --hashed and in --categorical',
    ],
    ['absent', { text: ['title'] }, 'no column title (--text): found "y", "body", "size", "city"'],
  ])('is refused where it is %s', async (_, options, message) => {
    await expect(open(file, options)).rejects.toThrow(message);
  });
});
