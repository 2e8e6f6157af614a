import { appendFileSync, writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { bytesOf } from '../../src/data/rows.ts';
import { LabelCollector } from '../../src/data/labels.ts';
import { Folder } from '../folder.ts';
import { open, rowsOf } from './reading.ts';

const folder = new Folder();
const svm = Array.from({ length: 60 }, (_, i) => `${i % 3} ${1 + (i % 7)}:${i / 8} ${10 + i}:1\n`).join('');
const csv = Array.from({ length: 60 }, (_, i) => `${i % 3},${i / 8},${-i}\n`).join('');

describe('a file', () => {
  test.each([
    ['libsvm', svm],
    ['csv', csv],
  ])('of %s gives the same rows and fingerprint, however it is stored and cut', async (format, text) => {
    const plain = await open(folder.write(`${format}.txt`, text));
    const expected = await rowsOf(plain);
    expect(expected).toHaveLength(60);
    const packed = folder.write(`${format}.gz`, gzipSync(text));
    const members = folder.write(
      `${format}.members.gz`,
      Buffer.concat([gzipSync(text.slice(0, 299)), gzipSync(text.slice(299))]),
    );
    for (const file of [plain.name, packed, members]) {
      for (const chunkBytes of [1, 2, 3, 7, 64, 4096]) {
        const table = await open(file, {}, { chunkBytes });
        expect(await rowsOf(table)).toStrictEqual(expected);
        expect(table.fingerprint).toBe(plain.fingerprint);
      }
    }
  });

  test.each([
    ['libsvm', svm],
    ['csv', csv],
  ])(
    'of %s that does not fit in memory comes block by block, with the same rows in every pass',
    async (format, text) => {
      const file = folder.write(`large.${format}`, text);
      const kept = await open(file);
      const streamed = await open(file, { memory: 200 });
      expect(kept.kept).toBeDefined();
      expect(streamed.kept).toBeUndefined();
      expect({ ...streamed, kept: null, blocks: null }).toStrictEqual({ ...kept, kept: null, blocks: null });
      const expected = await rowsOf(kept);
      for (const chunkBytes of [5, 100_000]) {
        const firsts: number[] = [];
        for await (const block of streamed.blocks({ chunkBytes })) {
          firsts.push(block.first);
          expect(bytesOf(block)).toBeLessThanOrEqual(200);
        }
        expect(firsts.length).toBeGreaterThan(3);
        expect(firsts).toStrictEqual(firsts.toSorted((a, b) => a - b));
        expect(await rowsOf(streamed, { chunkBytes })).toStrictEqual(expected);
      }
    },
  );

  test('is refused when it is empty, or holds nothing but comments', async () => {
    for (const text of ['', '\n \n', '# nothing\n']) {
      const file = folder.write('empty', text);
      await expect(open(file)).rejects.toThrow(`${file} is empty: found no rows, expected at least one`);
    }
    const packed = folder.write('empty.gz', gzipSync(''));
    await expect(open(packed)).rejects.toThrow(`${packed} is empty`);
    const header = folder.write('header.csv', 'y,a\n');
    await expect(open(header)).rejects.toThrow(`${header} is empty`);
  });

  test('is refused when it is missing, a folder, or cannot be read', async () => {
    await expect(open(folder.at('nowhere'))).rejects.toThrow(
      `cannot read ${folder.at('nowhere')}: no such file or folder`,
    );
    await expect(open(folder.path)).rejects.toThrow(`cannot read ${folder.path}: it is a folder`);
  });

  test('is refused when its gzip data is cut short or damaged', async () => {
    const packed = gzipSync(svm);
    const cut = folder.write('cut.gz', packed.subarray(0, packed.length - 9));
    await expect(open(cut)).rejects.toThrow(`${cut}: the gzip data is damaged or cut short`);
    const harmed = Buffer.from(packed);
    harmed[packed.length - 6] = (harmed[packed.length - 6] ?? 0) ^ 1; // in the checksum
    const damaged = folder.write('damaged.gz', harmed);
    await expect(open(damaged)).rejects.toThrow(`${damaged}: the gzip data is damaged or cut short`);
  });

  test('that loses rows while it is in use is noticed', async () => {
    const file = folder.write('changing.svm', svm);
    const table = await open(file, { memory: 200 });
    writeFileSync(file, svm.slice(0, svm.length / 2));
    await expect(rowsOf(table)).rejects.toThrow(
      /changed while it was in use: it had 60 rows, now it has \d+/,
    );
  });

  test.each([
    ['a label', (text: string) => text.replace('\n2 ', '\n1 '), 'its contents are different now'],
    ['a value', (text: string) => text.replace(/(\d)\n$/, '7\n'), 'its contents are different now'],
    ['a comment', (text: string) => `${text}# more\n`, 'its contents are different now'],
    ['a row into no row', (text: string) => text.replace('\n2 ', '\ntwo '), 'expected the label, a number'],
    ['a label into a new class', (text: string) => text.replace('\n2 ', '\n9 '), 'found label 9, expected'],
  ])('of which %s is changed while it is in use is noticed', async (_, change, how) => {
    const file = folder.write('changed.svm', svm);
    const collector = new LabelCollector('classes', 'softmax');
    const table = await open(file, { memory: 200, acceptLabel: collector.accept });
    collector.complete(file, 2);
    expect(await rowsOf(table)).toHaveLength(60);
    writeFileSync(file, change(svm));
    await expect(rowsOf(table)).rejects.toThrow(`${file} changed while it was in use: `);
    await expect(rowsOf(table)).rejects.toThrow(how);
    writeFileSync(file, svm);
    expect(await rowsOf(table)).toHaveLength(60);
  });

  test('that is written to is noticed in a pass that ends early, too', async () => {
    const file = folder.write('early.svm', svm);
    const table = await open(file, { memory: 200 });
    const stopEarly = async (): Promise<void> => {
      for await (const _ of table.blocks()) return;
    };
    await expect(stopEarly()).resolves.toBeUndefined();
    appendFileSync(file, '1 1:1\n');
    await expect(stopEarly()).rejects.toThrow(`${file} changed while it was in use: it was written to`);
  });

  test('that is written to while a pass is under way is noticed at its end', async () => {
    const long = svm.repeat(1000);
    const file = folder.write('under-way.svm', long);
    const table = await open(file, { memory: 20_000 });
    const writeMeanwhile = async (): Promise<number> => {
      let blocks = 0;
      for await (const _ of table.blocks({ chunkBytes: 4096 })) {
        blocks += 1;
        if (blocks === 1) writeFileSync(file, long.replace(/\n2 (.*)\n$/, '\n1 $1\n'));
      }
      return blocks;
    };
    await expect(writeMeanwhile()).rejects.toThrow(
      `${file} changed while it was in use: its contents are different now`,
    );
  });

  test('can be gone through twice at the same time', async () => {
    const table = await open(folder.write('both.svm', svm), { memory: 200 });
    const [one, other] = await Promise.all([rowsOf(table), rowsOf(table)]);
    expect(one).toStrictEqual(other);
    expect(one).toStrictEqual(await rowsOf(await open(table.name)));
  });

  test('is read no further once the signal says stop', async () => {
    for (const file of [folder.write('stop.svm', svm), folder.write('stop.gz', gzipSync(svm))]) {
      const controller = new AbortController();
      const reason = new Error('stop');
      const onRead = (): void => controller.abort(reason);
      await expect(open(file, {}, { chunkBytes: 16, onRead, signal: controller.signal })).rejects.toBe(
        reason,
      );
    }
  });
});
