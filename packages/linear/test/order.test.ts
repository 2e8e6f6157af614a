import { describe, expect, test } from 'vitest';
import { rowsPerBlock } from '../src/epochs.ts';
import { Random } from '../src/random.ts';

describe('the order of rows in an epoch', () => {
  test.each([0, 1, 2, 150, 511, 513, 8000, 100_003])('has each of %d rows once', (count) => {
    const order = new Random(1).blocks(count, rowsPerBlock(count));
    expect(order.toSorted()).toStrictEqual(Uint32Array.from({ length: count }, (_, row) => row));
  });

  test('has the rows of a block one after another, as memory has them', () => {
    const order = [...new Random(1).blocks(1000, 7)];
    const isOutOfPlace = (row: number, at: number): boolean => row % 7 !== 0 && order[at - 1] !== row - 1;
    expect(order.filter(isOutOfPlace)).toStrictEqual([]);
  });

  test('has the blocks in another order in each epoch', () => {
    const random = new Random(1);
    const firsts = Array.from({ length: 3 }, () => random.blocks(1000, 7).filter((row) => row % 7 === 0));
    expect(firsts[1]).not.toStrictEqual(firsts[0]);
    expect(firsts[2]).not.toStrictEqual(firsts[1]);
    expect(firsts[0]?.toSorted()).not.toStrictEqual(firsts[0]);
  });

  test.each([
    [0, 1],
    [150, 1],
    [511, 1],
    [512, 2],
    [65_536, 256],
    [10_000_000, 256],
  ])('of %d rows has blocks of %d', (count, size) => {
    expect(rowsPerBlock(count)).toBe(size);
  });
});
