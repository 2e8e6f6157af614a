import { execFileSync, spawn } from 'node:child_process';
import { readdirSync, readlinkSync, statfsSync, truncateSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { TableOptions } from '../../src/data/file-table.ts';
import type { Table } from '../../src/data/table.ts';
import { Folder } from '../folder.ts';
import { open, rowsOf } from './reading.ts';

const folder = new Folder();
const cache = new Folder();
const cacheFolders = [cache.path];

const svm = Array.from({ length: 90 }, (_, i) => `${i % 3} ${1 + (i % 7)}:${i / 8} ${10 + i}:1\n`).join('');
const csv = Array.from({ length: 90 }, (_, i) => `${i % 3},${i / 8},${-i}\n`).join('');
const colours = Array.from({ length: 90 }, (_, i) => `${i},c${i % 7},${i % 5 === 0 ? '' : i / 4}\n`).join('');

/** Where blocks begin. */
async function firstsOf(table: Table): Promise<number[]> {
  const firsts: number[] = [];
  for await (const block of table.blocks()) firsts.push(block.first);
  return firsts;
}

describe('rows that do not fit in memory', () => {
  const cases: [string, string, Partial<TableOptions>][] = [
    ['svm', svm, {}],
    ['svm', svm, { memoryLeft: () => 120 }],
    ['svm', svm, { memory: 100_000, memoryLeft: () => 120 }],
    ['svm', `${'# nothing\n'.repeat(9)}1\n${svm}2\n3 1:0\n`, {}],
    ['csv', csv, {}],
    ['csv', colours, { categorical: ['2'], missing: 'zero', memory: 400 }],
    ['csv', colours, { hashed: ['2'], missing: 'mean', memory: 400 }],
  ];
  test.each(cases)('come from the cache as they come from %s: %#', async (name, text, options) => {
    const file = folder.write(`${name}.txt`, text);
    const parsed = await open(file, { memory: 200, ...options });
    const cached = await open(file, { memory: 200, ...options, cacheFolders });
    const expected = { rows: await rowsOf(parsed), firsts: await firstsOf(parsed) };
    expect(expected.firsts.length).toBeGreaterThan(3);
    for (let pass = 0; pass < 3; pass += 1) {
      if (pass === 1) unlinkSync(file); // nobody needs it any more
      expect(await firstsOf(cached)).toStrictEqual(expected.firsts);
      expect(await rowsOf(cached)).toStrictEqual(expected.rows);
    }
    expect({ ...cached, blocks: null }).toStrictEqual({ ...parsed, blocks: null });
  });

  test('are in a file without a name', async () => {
    const table = await open(folder.write('nameless.svm', svm), { memory: 200, cacheFolders });
    expect(readdirSync(cache.path)).toStrictEqual([]);
    expect(await rowsOf(table)).toHaveLength(90);
    expect(readdirSync(cache.path)).toStrictEqual([]);
  });

  test('can be gone through twice at the same time, whether the cache is full or being filled', async () => {
    const filled = open(folder.write('both.svm', svm), { memory: 200, cacheFolders });
    const categorical: Partial<TableOptions> = { categorical: ['2'], missing: 'zero', memory: 400 };
    const empty = open(folder.write('both.csv', colours), { ...categorical, cacheFolders });
    for (const table of [await filled, await empty]) {
      for (let pass = 0; pass < 2; pass += 1) {
        const [one, other] = await Promise.all([rowsOf(table), rowsOf(table)]);
        expect(one).toHaveLength(90);
        expect(one).toStrictEqual(other);
      }
    }
  });

  test('fill the cache in a later pass if the first ends early, but not with what has changed', async () => {
    const file = folder.write('early.csv', colours);
    const table = await open(file, { categorical: ['2'], missing: 'zero', memory: 400, cacheFolders });
    for await (const _ of table.blocks()) break;
    const expected = await rowsOf(table);
    unlinkSync(file);
    expect(await rowsOf(table)).toStrictEqual(expected);

    const changing = folder.write('changing.csv', colours);
    const other = await open(changing, { categorical: ['2'], missing: 'zero', memory: 400, cacheFolders });
    writeFileSync(changing, colours.replace('89,', '88,'));
    await expect(rowsOf(other)).rejects.toThrow('its contents are different now');
    await expect(rowsOf(other)).rejects.toThrow('its contents are different now');
  });

  test('are parsed again where no folder can take them', async () => {
    const file = folder.write('parsed.svm', svm);
    const table = await open(file, { memory: 200, cacheFolders: [folder.at('nowhere'), file] });
    expect(await rowsOf(table)).toHaveLength(90);
    unlinkSync(file);
    await expect(rowsOf(table)).rejects.toThrow(`cannot read ${file}`);
  });

  test.runIf(process.platform === 'linux')('are not kept in a file system that is memory', async () => {
    expect(statfsSync('/dev/shm').type).toBe(0x01021994);
    const file = folder.write('memory.svm', svm);
    const table = await open(file, { memory: 200, cacheFolders: ['/dev/shm'] });
    unlinkSync(file);
    await expect(rowsOf(table)).rejects.toThrow(`cannot read ${file}`);
  });

  test.runIf(process.platform === 'linux')('can come from a pipe', async () => {
    const pipe = folder.at('pipe');
    execFileSync('mkfifo', [pipe]);
    const write = (): void => {
      spawn('sh', ['-c', 'cat "$0" > "$1"', folder.write('piped.svm', svm), pipe]);
    };
    write();
    await expect(open(pipe, { memory: 200 })).rejects.toThrow(
      `${pipe} can be read only once and does not fit in --memory: write it to a file first`,
    );
    write();
    const table = await open(pipe, { memory: 200, cacheFolders });
    expect(await rowsOf(table)).toStrictEqual(await rowsOf(await open(folder.at('piped.svm'))));
  });

  test.runIf(process.platform === 'linux')('that cannot be read again are reported', async () => {
    const table = await open(folder.write('cut.svm', svm), { memory: 200, cacheFolders });
    const descriptors = readdirSync('/proc/self/fd').filter((fd) => {
      try {
        return readlinkSync(`/proc/self/fd/${fd}`).startsWith(join(cache.path, 'asgd-train-'));
      } catch {
        return false; // the one that lists them
      }
    });
    for (const fd of descriptors) truncateSync(`/proc/self/fd/${fd}`, 10);
    await expect(rowsOf(table)).rejects.toThrow(
      `cannot read the temporary file in ${cache.path}: it has become shorter; set TMPDIR to another folder`,
    );
  });
});
