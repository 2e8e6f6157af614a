import { describe, expect, test } from 'vitest';
import { keepInMemory } from '../../src/data/keep-in-memory.ts';
import { Subset } from '../../src/data/subset.ts';
import { shuffled } from '../../src/data/shuffle.ts';
import { Folder } from '../folder.ts';
import { open, rowsOf } from './reading.ts';

const folder = new Folder();
const file = folder.write('rows.csv', Array.from({ length: 500 }, (_, i) => `${i},${i / 2}\n`).join(''));

async function labels(subset: Subset): Promise<number[]> {
  const found: number[] = [];
  for await (const { rows, picks } of subset.selections()) {
    for (const row of picks) found.push(rows.labels[row] ?? NaN);
  }
  return found;
}

async function order(subset: Subset, seed: number, epoch: number, skip = 0): Promise<number[]> {
  const found: number[] = [];
  for await (const { rows, picks } of shuffled(subset, seed, epoch, skip)) {
    for (const row of picks) found.push(rows.labels[row] ?? NaN);
  }
  return found;
}

describe('setting rows aside', () => {
  test('splits the rows: each is on one side, about the requested share on the other', async () => {
    const { rest, aside } = new Subset(await open(file)).setAside(0.1, 1);
    const [left, right] = [await labels(rest), await labels(aside)];
    expect([left.length, right.length]).toStrictEqual([rest.count, aside.count]);
    expect([...left, ...right].toSorted((a, b) => a - b)).toStrictEqual(
      Array.from({ length: 500 }, (_, i) => i),
    );
    expect(right.length).toBeGreaterThan(25);
    expect(right.length).toBeLessThan(80);
  });

  test('chooses other rows for another salt, and from a part only rows of it', async () => {
    const whole = new Subset(await open(file));
    const first = whole.setAside(0.1, 1);
    const second = first.rest.setAside(0.1, 2);
    const [a, b] = [new Set(await labels(first.aside)), await labels(second.aside)];
    expect(b.length).toBeGreaterThan(20);
    expect(b.filter((label) => a.has(label))).toStrictEqual([]);
  });

  test('leaves at least one row on each side, even of two, and refuses to split a single row', async () => {
    const two = new Subset(await open(folder.write('two.csv', '1,2\n3,4\n'))).setAside(0.1, 1);
    expect([two.rest.count, two.aside.count]).toStrictEqual([1, 1]);
    const one = new Subset(await open(folder.write('one.csv', '1,2\n')));
    expect(() => one.setAside(0.1, 1)).toThrow('too few rows to set one aside: found 1, expected at least 2');
  });

  test('can be held in memory, with the same rows', async () => {
    for (const name of ['rows.csv', 'rows.svm']) {
      const text = Array.from({ length: 200 }, (_, i) =>
        name === 'rows.csv' ? `${i},${i}\n` : `${i} 1:${i}\n`,
      ).join('');
      const whole = new Subset(await open(folder.write(name, text), { memory: 100 }));
      const { rest, aside } = whole.setAside(0.2, 3);
      let reads = 0;
      const held = await keepInMemory(whole.table, [aside, rest], 1000, { onRead: () => (reads += 1) });
      expect(reads).toBe(1); // a small file comes in one piece: all parts were copied in one pass
      for (const [h, subset] of [aside, rest].entries()) {
        const copy = held[h] ?? subset;
        expect(copy.table.kept).toBeDefined();
        expect(await labels(copy)).toStrictEqual(await labels(subset));
        expect((await rowsOf(copy.table)).map(([label, features]) => [label, features[0]])).toStrictEqual(
          (await labels(subset)).map((label) => [label, label]),
        );
        // The rows go by the numbers that they have in the file.
        expect([...(copy.table.kept?.numbers ?? [])]).toStrictEqual(await labels(subset));
      }
    }
  });
});

describe('the order of an epoch', () => {
  test('has every row once, in an order that follows from the seed and the epoch', async () => {
    const subset = new Subset(
      await open(folder.write('order.csv', Array.from({ length: 500 }, (_, i) => `${i},1\n`).join(''))),
    );
    const found = await order(subset, 1, 0);
    expect(found).toStrictEqual(await order(subset, 1, 0));
    expect(found).not.toStrictEqual(await order(subset, 1, 1));
    expect(found).not.toStrictEqual(await order(subset, 2, 0));
    expect([...found].toSorted((a, b) => a - b)).toStrictEqual(await labels(subset));
    expect(found.slice(0, 250).some((label) => label > 400)).toBe(true);
  });

  test('goes on after any number of rows as if it had begun at the first, in memory and streamed', async () => {
    const text = Array.from({ length: 60 }, (_, i) => `${i},1\n`).join('');
    for (const memory of [2 ** 20, 120]) {
      const subset = new Subset(
        await open(folder.write('skip.csv', text), { memory }),
        (row) => row % 5 !== 0,
      );
      const whole = await order(subset, 4, 2);
      expect(whole).toHaveLength(48);
      for (let skip = 0; skip <= 48; skip += 1) {
        expect(await order(subset, 4, 2, skip)).toStrictEqual(whole.slice(skip));
      }
    }
  });
});
