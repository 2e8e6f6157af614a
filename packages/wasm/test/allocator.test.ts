import { array, assert, constant, infiniteStream, integer, nat, oneof, property, record } from 'fast-check';
import { expect, test } from 'vitest';
import { ALIGNMENT, type Block, Allocator } from '../src/allocator.ts';

const LENGTH = 1 << 20;

function opened(length = LENGTH): Allocator {
  const allocator = new Allocator(ALIGNMENT);
  allocator.extend(length);
  return allocator;
}

/** The sizes of the gaps between the blocks in `taken`, found in the simplest way. */
function gaps(taken: readonly Block[]): number[] {
  const sorted = taken.toSorted((a, b) => a.address - b.address);
  const ends = [ALIGNMENT, ...sorted.map(({ end }) => end)];
  const starts = [...sorted.map(({ address }) => address), LENGTH];
  return starts.map((start, index) => start - (ends[index] ?? NaN));
}

/** Allocates blocks of the given sizes; a size of 0 frees the block at `position` of the allocated ones. */
const commands = array(
  record({
    size: oneof(constant(0), integer({ min: 1, max: 70_000 }), integer({ min: 1, max: 300 })),
    position: nat(),
  }),
  { maxLength: 200 },
);

test('allocated blocks never overlap, are aligned, large enough, and inside the memory', () => {
  assert(
    property(commands, (list) => {
      const allocator = opened();
      const taken: Block[] = [];
      for (const { size, position } of list) {
        if (size === 0) {
          const [block] = taken.splice(position % Math.max(1, taken.length), 1);
          if (block) allocator.free(block);
          continue;
        }
        const room = Math.max(...gaps(taken));
        const block = allocator.allocate(size, true);
        // Refused only when no gap of the model is large enough.
        expect(block !== undefined).toBe(room >= size);
        if (block) taken.push(block);
        expect(Math.min(...gaps(taken))).toBeGreaterThanOrEqual(0);
      }
      for (const { address, size } of taken) {
        expect([address % ALIGNMENT, size % ALIGNMENT]).toStrictEqual([0, 0]);
      }
      expect(allocator.used).toBe(taken.reduce((sum, { size }) => sum + size, 0));
    }),
    { numRuns: 100, seed: 1 },
  );
});

test('when everything has been freed, in any order, the memory is one block again', () => {
  const sizes = array(integer({ min: 1, max: 9000 }), { minLength: 1, maxLength: 100 });
  assert(
    property(sizes, infiniteStream(nat()), (list, positions) => {
      const allocator = opened();
      const taken = list.flatMap((size) => allocator.allocate(size) ?? []);
      while (taken.length > 0) {
        const [block] = taken.splice(positions.next().value % taken.length, 1);
        if (block) allocator.free(block);
      }
      expect(allocator.used).toBe(0);
      expect(allocator.allocate(LENGTH - ALIGNMENT)?.address).toBe(ALIGNMENT);
    }),
    { numRuns: 100, seed: 1 },
  );
});

test('a million random allocations leak nothing', () => {
  const allocator = opened();
  const slots: (Block | undefined)[] = Array.from({ length: 64 });
  let seed = 12_345;
  const random = (): number => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    return seed;
  };
  for (let turn = 0; turn < 1_000_000; turn++) {
    const slot = (random() >>> 8) % slots.length;
    const held = slots[slot];
    if (held) allocator.free(held);
    slots[slot] = held ? undefined : allocator.allocate(((random() >>> 8) % 14_000) + 1, true);
  }
  for (const block of slots) if (block) allocator.free(block);
  expect(allocator.used).toBe(0);
  expect(allocator.end).toBe(LENGTH);
  expect(allocator.allocate(LENGTH - ALIGNMENT)).toBeDefined();
});

test('a block of exactly the size that is free is found, though others of its bin are too small', () => {
  const allocator = new Allocator(0);
  allocator.extend(64 * (16 + 1 + 17 + 1));
  const wanted = allocator.allocate(64 * 17);
  const wall = allocator.allocate(64);
  const smaller = allocator.allocate(64 * 16);
  const end = allocator.allocate(64);
  if (!wanted || !wall || !smaller || !end) throw new Error('no room');
  allocator.free(wanted);
  allocator.free(smaller); // now the first of the bin
  expect(allocator.allocate(64 * 17, true)).toBe(wanted);
});

test('new memory is joined to a free block at the end', () => {
  const allocator = opened(64 * 10);
  const first = allocator.allocate(64 * 5);
  expect(first).toBeDefined();
  expect(allocator.missingFor(64 * 8)).toBe(64 * 4);
  allocator.extend(64 * 14);
  expect(allocator.allocate(64 * 8)?.address).toBe(64 * 6);
});
