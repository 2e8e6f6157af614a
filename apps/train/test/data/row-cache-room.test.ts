import { readdirSync, readlinkSync, type StatsFs, unlinkSync } from 'node:fs';
import { expect, test, vi } from 'vitest';
import { Folder } from '../folder.ts';
import { open, rowsOf } from './reading.ts';

/** What the disk says that it has free, at one call after another; the last answer stays. */
const free: number[] = [];

vi.mock('node:fs', async (importActual) => ({
  ...(await importActual<object>()),
  statfsSync: (): Partial<StatsFs> => ({
    type: 0,
    bsize: 1,
    bavail: (free.length > 1 ? free.shift() : free[0]) ?? NaN,
  }),
}));

const folder = new Folder();
const cache = new Folder();
const svm = Array.from({ length: 90 }, (_, i) => `${i % 3} ${1 + (i % 7)}:${i / 8} ${10 + i}:1\n`).join('');
const reserve = 2 ** 29;

function openFiles(): number {
  return readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).startsWith(cache.path);
    } catch {
      return false; // the one that lists them
    }
  }).length;
}

test.runIf(process.platform === 'linux').each([
  ['from the start', [reserve]],
  ['after some rows', [2 * reserve, 2 * reserve, 2 * reserve, 2 * reserve, reserve]],
])('a disk that would be left with less than 512 MiB gets no cache: %s', async (_, answers) => {
  free.splice(0, free.length, ...answers);
  const file = folder.write('rows.svm', svm);
  const table = await open(file, { memory: 200, cacheFolders: [cache.path] });
  expect(free).toHaveLength(1);
  expect(openFiles()).toBe(0);
  expect(await rowsOf(table)).toHaveLength(90);
  unlinkSync(file);
  await expect(rowsOf(table)).rejects.toThrow(`cannot read ${file}`);
});

test.runIf(process.platform === 'linux')('a disk with room gets one', async () => {
  free.splice(0, free.length, 2 * reserve);
  const file = folder.write('rows.svm', svm);
  const table = await open(file, { memory: 200, cacheFolders: [cache.path] });
  expect(openFiles()).toBe(1);
  unlinkSync(file);
  expect(await rowsOf(table)).toHaveLength(90);
});
