import { array, assert, constant, infiniteStream, integer, nat, oneof, property, record } from 'fast-check';
import { expect, test } from 'vitest';
import { ALIGNMENT, type Block, Blocks } from '../src/blocks.ts';

const LENGTH = 1 << 20;

function opened(length = LENGTH): Blocks {
  const blocks = new Blocks(ALIGNMENT);
  blocks.extend(length);
  return blocks;
}

/** What is left when everything that `taken` holds is accounted for, by the simplest means. */
function gaps(taken: readonly Block[]): number[] {
  const sorted = taken.toSorted((a, b) => a.address - b.address);
  const ends = [ALIGNMENT, ...sorted.map(({ end }) => end)];
  const starts = [...sorted.map(({ address }) => address), LENGTH];
  return starts.map((start, index) => start - (ends[index] ?? NaN));
}

/** Takes blocks of the sizes given; a size of 0 gives back the block at `position` of those taken. */
const commands = array(
  record({
    size: oneof(constant(0), integer({ min: 1, max: 70_000 }), integer({ min: 1, max: 300 })),
    position: nat(),
  }),
  { maxLength: 200 },
);

test('blocks that are taken never overlap, are aligned, large enough, and inside the memory', () => {
  assert(
    property(commands, (list) => {
      const blocks = opened();
      const taken: Block[] = [];
      for (const { size, position } of list) {
        if (size === 0) {
          const [block] = taken.splice(position % Math.max(1, taken.length), 1);
          if (block) blocks.give(block);
          continue;
        }
        const room = Math.max(...gaps(taken));
        const block = blocks.take(size, true);
        // Refused only when no gap of the model is large enough.
        expect(block !== undefined).toBe(room >= size);
        if (block) taken.push(block);
        expect(Math.min(...gaps(taken))).toBeGreaterThanOrEqual(0);
      }
      for (const { address, size } of taken) {
        expect([address % ALIGNMENT, size % ALIGNMENT]).toStrictEqual([0, 0]);
      }
      expect(blocks.used).toBe(taken.reduce((sum, { size }) => sum + size, 0));
    }),
    { numRuns: 100 },
  );
});

test('when all is given back, in any order, the memory is one block again', () => {
  const sizes = array(integer({ min: 1, max: 9000 }), { minLength: 1, maxLength: 100 });
  assert(
    property(sizes, infiniteStream(nat()), (list, positions) => {
      const blocks = opened();
      const taken = list.flatMap((size) => blocks.take(size) ?? []);
      while (taken.length > 0) {
        const [block] = taken.splice(positions.next().value % taken.length, 1);
        if (block) blocks.give(block);
      }
      expect(blocks.used).toBe(0);
      expect(blocks.take(LENGTH - ALIGNMENT)?.address).toBe(ALIGNMENT);
    }),
    { numRuns: 100 },
  );
});

test('a million random takings and givings leak nothing', () => {
  const blocks = opened();
  const slots: (Block | undefined)[] = Array.from({ length: 64 });
  let seed = 12_345;
  const random = (): number => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    return seed;
  };
  for (let turn = 0; turn < 1_000_000; turn++) {
    const slot = (random() >>> 8) % slots.length;
    const held = slots[slot];
    if (held) blocks.give(held);
    slots[slot] = held ? undefined : blocks.take(((random() >>> 8) % 14_000) + 1, true);
  }
  for (const block of slots) if (block) blocks.give(block);
  expect(blocks.used).toBe(0);
  expect(blocks.end).toBe(LENGTH);
  expect(blocks.take(LENGTH - ALIGNMENT)).toBeDefined();
});

test('a block of exactly the size that is free is found, though others of its bin are too small', () => {
  const blocks = new Blocks(0);
  blocks.extend(64 * (16 + 1 + 17 + 1));
  const wanted = blocks.take(64 * 17);
  const wall = blocks.take(64);
  const smaller = blocks.take(64 * 16);
  const end = blocks.take(64);
  if (!wanted || !wall || !smaller || !end) throw new Error('no room');
  blocks.give(wanted);
  blocks.give(smaller); // now the first of the bin
  expect(blocks.take(64 * 17, true)).toBe(wanted);
});

test('growing joins the new memory to a free end', () => {
  const blocks = opened(64 * 10);
  const first = blocks.take(64 * 5);
  expect(first).toBeDefined();
  expect(blocks.missingFor(64 * 8)).toBe(64 * 4);
  blocks.extend(64 * 14);
  expect(blocks.take(64 * 8)?.address).toBe(64 * 6);
});
