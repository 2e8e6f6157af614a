import { describe, expect, test } from 'vitest';
import { loadData, type Data } from '../../src/data/load.ts';
import { programMemory } from '../../src/data/memory.ts';
import { Moments } from '../../src/data/preparation.ts';
import type { Rows } from '../../src/data/rows.ts';
import type { Subset } from '../../src/data/subset.ts';
import { defaults, type Settings } from '../../src/options.ts';
import { Folder } from '../folder.ts';
import { open } from './reading.ts';

const folder = new Folder();
const { columns } = await open(folder.write('columns.csv', 'y,first,second,third\n1,2,3,4\n'));

function rowsOf(values: readonly (readonly number[])[]): Rows {
  return {
    layout: 'dense',
    first: 0,
    count: values.length,
    width: 3,
    labels: new Float64Array(values.length),
    values: Float32Array.from(values.flat()),
  };
}

function measure(values: readonly (readonly number[])[], picks = values.map((_, row) => row)): Moments {
  const moments = new Moments(3);
  moments.add(rowsOf(values), Uint32Array.from(picks));
  return moments;
}

describe('means and deviations', () => {
  test('are those of the rows that are picked, with the number of rows as the divisor', () => {
    const moments = measure(
      [2, 4, 4, 4, 1000, 5, 5, 7, 9].map((x) => [x, -7, 2 ** 24 - x]),
      [0, 1, 2, 3, 5, 6, 7, 8],
    );
    if (columns === undefined) throw new Error('CSV has columns');
    // A constant column has no deviation to divide by.
    const { mean, deviation } = moments.preparation('f', columns, true);
    [5, -7, 2 ** 24 - 5].forEach((expected, f) => expect(mean[f]).toBeCloseTo(expected, 7));
    [2, 1, 2].forEach((expected, f) => expect(deviation?.[f]).toBeCloseTo(expected, 7));
    expect(moments.preparation('f', columns, false).deviation).toBeNull();
  });

  test('take a missing value for the mean, and need one value at least', () => {
    if (columns === undefined) throw new Error('CSV has columns');
    const values = [
      [1, NaN, 3],
      [NaN, 6, 3],
      [3, 8, 3],
      [NaN, NaN, 3],
    ];
    expect(measure(values).preparation('f', columns, true)).toStrictEqual({
      mean: Float64Array.of(2, 7, 3),
      deviation: Float64Array.of(Math.sqrt(2 / 4), Math.sqrt(2 / 4), 1),
    });
    expect(() => measure(values, [0, 3]).preparation('f', columns, false)).toThrow(
      'f: found no value of second in the training rows, expected at least one: leave the column out (--ignore)',
    );
  });
});

function load(changes: Partial<Settings>): Promise<Data> {
  return loadData({ ...defaults, ...changes }, () => ({ end: () => undefined }));
}

async function valuesOf(subset: Subset): Promise<number[][]> {
  const found: number[][] = [];
  for await (const { rows, picks } of subset.selections()) {
    for (const row of picks) found.push([...rows.values.subarray(row * 2, row * 2 + 2)]);
  }
  return found;
}

describe('rows', () => {
  const data = folder.write(
    'gaps.csv',
    Array.from({ length: 100 }, (_, i) => `${i % 2},${i % 7 === 3 ? 'NA' : (i + 1) / 10},${1000 - i}\n`).join(
      '',
    ),
  );
  const testFile = folder.write('gaps.test.csv', '0,?,1000\n1,2,0\n');

  test('are filled with the means of the training rows alone, and standardized by them', async () => {
    const raw = await load({ data, missing: 'zero' });
    const training = await valuesOf(raw.training);
    const present = training.filter(([a]) => a !== 0);
    expect(present.length).toBeLessThan(training.length);
    const mean = (values: readonly number[]): number => values.reduce((sum, x) => sum + x, 0) / values.length;
    const means = [mean(present.map(([a = NaN]) => a)), mean(training.map(([, b = NaN]) => b))];

    const filled = await load({ data, missing: 'mean' });
    for (const [row, [a, b]] of (await valuesOf(filled.training)).entries()) {
      const [x, y] = training[row] ?? [];
      expect(b).toBe(y);
      expect(a).toBeCloseTo(x === 0 ? (means[0] ?? NaN) : (x ?? NaN), 5);
    }

    for (const t0 of [5, 'auto'] as const) {
      const scaled = await load({ data, t0, missing: 'mean', standardize: true });
      const prepared = await valuesOf(scaled.training);
      expect(prepared).toHaveLength(training.length - (scaled.heldOut?.count ?? 0));
      for (const f of [0, 1]) {
        const values = prepared.map((row) => row[f] ?? NaN);
        expect(mean(values)).toBeCloseTo(0, 6);
        expect(mean(values.map((x) => x * x))).toBeCloseTo(1, 6);
      }
    }
    const other = await load({ data, test: testFile, missing: 'mean', standardize: true });
    const { mean: centers, deviation } = other.preparation ?? {};
    const z = Math.fround((1000 - (centers?.[1] ?? NaN)) / (deviation?.[1] ?? NaN));
    expect((await valuesOf(other.test))[0]).toStrictEqual([0, z]);
  });

  test('are the same whether they fit in memory or not, in every pass', async () => {
    for (const t0 of ['auto', 5] as const) {
      for (const changes of [{}, { test: testFile }]) {
        const settings = { ...changes, data, t0, missing: 'mean', standardize: true } as const;
        const kept = await load(settings);
        const streamed = await load({ ...settings, memory: programMemory + 0.002 });
        expect(kept.training.table.kept).toBeDefined();
        expect(streamed.training.table.kept).toBeUndefined();
        expect(streamed.heldOut?.count ?? 0).toBeLessThanOrEqual(kept.heldOut?.count ?? 0);
        if (t0 === 'auto') continue; // with less memory, fewer rows are held out
        expect(streamed.preparation).toStrictEqual(kept.preparation);
        for (let pass = 0; pass < 2; pass += 1) {
          expect(await valuesOf(streamed.training)).toStrictEqual(await valuesOf(kept.training));
          expect(await valuesOf(streamed.test)).toStrictEqual(await valuesOf(kept.test));
        }
      }
    }
  });
});
