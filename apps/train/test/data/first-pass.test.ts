import { expect, test } from 'vitest';
import { hash } from '../../src/data/hash.ts';
import { loadData } from '../../src/data/load.ts';
import { programMemory } from '../../src/data/memory.ts';
import type { Subset } from '../../src/data/subset.ts';
import { defaults, type Settings } from '../../src/options.ts';
import { Folder } from '../folder.ts';

const folder = new Folder();
const value = (i: number): string => ((hash(i) % 1000) / 100 - 5).toFixed(2);
const svm = folder.write(
  'rows.svm',
  Array.from({ length: 400 }, (_, i) => `${i % 2} ${1 + (i % 9)}:${value(i)} 12:1\n`).join(''),
);
const csv = folder.write(
  'rows.csv',
  Array.from({ length: 400 }, (_, i) => `${i % 2},${value(i)},${i % 7},word${i % 5}\n`).join(''),
);

/** The rows of a part: each its number in the file and its values. */
async function rowsOf(subset: Subset): Promise<[number, number, number[]][]> {
  const found: [number, number, number[]][] = [];
  for await (const { rows, picks } of subset.selections()) {
    for (const row of picks) {
      const from = rows.layout === 'dense' ? row * rows.width : (rows.starts[row] ?? 0);
      const to = rows.layout === 'dense' ? from + rows.width : (rows.starts[row + 1] ?? 0);
      const number = rows.numbers?.[row] ?? rows.first + row;
      found.push([number, rows.labels[row] ?? NaN, [...rows.values.subarray(from, to)]]);
    }
  }
  return found;
}

test.each<[string, Partial<Settings>, passes: number]>([
  ['LIBSVM', { data: svm }, 1],
  ['LIBSVM for squared errors', { data: svm, loss: 'squared' }, 1],
  ['CSV', { data: csv, ignore: '4' }, 1],
  ['CSV with hashed columns', { data: csv, hashed: '4', hashColumns: 4 }, 1],
  ['CSV with categories', { data: csv, categorical: '4' }, 2],
  ['CSV with text', { data: csv, text: '4', hashColumns: 4 }, 2],
  ['CSV to standardize', { data: csv, ignore: '4', standardize: true }, 2],
  ['CSV with text to standardize', { data: csv, text: '4', hashColumns: 4, standardize: true }, 2],
  ['LIBSVM with held-out rows', { data: svm, t0: 'auto' }, 2],
  ['LIBSVM with held-out rows and a rate', { data: svm, t0: 'auto', lr: 1 }, 2],
])(
  'a file of %s that does not fit is read as often as it must be, and twice at most',
  async (_, changes, passes) => {
    const load = async (memory: number): Promise<[Awaited<ReturnType<typeof loadData>>, number]> => {
      let reads = 0;
      const data = await loadData({ ...defaults, ...changes, memory }, () => {
        reads += 1;
        return { end: () => undefined };
      });
      return [data, reads];
    };
    const [kept] = await load(512);
    const [streamed, reads] = await load(programMemory + 0.012);
    expect(kept.training.table.kept).toBeDefined();
    expect(streamed.training.table.kept).toBeUndefined();
    expect(reads).toBe(passes);
    expect(streamed.test.table.kept).toBeDefined();
    expect(await rowsOf(streamed.test)).toStrictEqual(await rowsOf(kept.test));
    if (changes.t0 === 'auto') return; // with less memory, fewer rows are held out
    expect(await rowsOf(streamed.training)).toStrictEqual(await rowsOf(kept.training));
    expect(streamed.squaredNorms.mean).toBeCloseTo(kept.squaredNorms.mean, 6);
    expect(streamed.squaredNorms.largest).toBeGreaterThan(kept.squaredNorms.largest - 1e-6);
    const isPrepared = changes.standardize === true;
    expect(streamed.squaredNorms.largest === kept.squaredNorms.largest).toBe(!isPrepared);
  },
);
