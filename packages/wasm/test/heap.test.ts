import { OutOfMemoryError } from '@asgd/core';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { LentHeap, NoHeap, OwnHeap } from '../src/heap.ts';
import { openMemory, PAGE } from '../src/memory-limits.ts';

function bytesAt(memory: WebAssembly.Memory, { address }: { address: number }, length: number): Uint8Array {
  return new Uint8Array(memory.buffer, address, length);
}

describe('a heap in a memory of its own', () => {
  test('gives zeros, however dirty the memory was left', () => {
    const memory = new WebAssembly.Memory({ initial: 1 });
    const heap = new OwnHeap(memory, 65_536 * PAGE);
    const first = heap.allocate(1000, 'values');
    bytesAt(memory, first, 1000).fill(255);
    heap.free(first);
    const second = heap.allocate(500_000, 'values'); // longer than what was written before
    expect(second.address).toBe(first.address);
    expect(bytesAt(memory, second, 500_000).every((byte) => byte === 0)).toBe(true);
  });

  test('gives zeros where it has been before, also after it has been at a lower place', () => {
    const memory = new WebAssembly.Memory({ initial: 1 });
    const heap = new OwnHeap(memory, 65_536 * PAGE);
    const [low, high] = [heap.allocate(1000, 'values'), heap.allocate(1000, 'values')];
    bytesAt(memory, high, 1000).fill(255);
    heap.free(low);
    expect(heap.allocate(1000, 'values').address).toBe(low.address);
    heap.free(high);
    const again = heap.allocate(1000, 'values');
    expect(again.address).toBe(high.address);
    expect(bytesAt(memory, again, 1000).every((byte) => byte === 0)).toBe(true);
  });

  test('uses what was freed before it grows', () => {
    const memory = new WebAssembly.Memory({ initial: 1 });
    const heap = new OwnHeap(memory, 65_536 * PAGE);
    heap.free(heap.allocate(1_000_000, 'values'));
    const { byteLength } = memory.buffer;
    for (let turn = 0; turn < 100; turn++) heap.free(heap.allocate(900_000 + turn, 'values'));
    expect(memory.buffer.byteLength).toBe(byteLength);
  });

  test('has large tensors of one size begin at different places of a page', () => {
    const heap = new OwnHeap(new WebAssembly.Memory({ initial: 1 }), 65_536 * PAGE);
    const places = [1, 2, 3].map(() => heap.allocate(2 ** 16, 'values').address % 4096);
    expect(new Set(places).size).toBe(3);
  });

  test('says how much was asked for, is used and is possible, and keeps what it has', () => {
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 16 });
    const heap = new OwnHeap(memory, 16 * PAGE);
    const kept = heap.allocate(8 * 1024, 'values');
    expect(() => heap.allocate(2048 * 1024, '524288 float32 values')).toThrow(
      "Could not allocate 524288 float32 values (2 MiB): 8 KiB of the backend's memory are in use, and it can grow " +
        'to 1 MiB here.',
    );
    heap.free(kept);
    expect(heap.allocate(1024 * 1024 - 1024, 'values').address).toBe(64);
  });

  test('reports a machine that refuses to let the memory grow, with its reason', () => {
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 2 });
    const heap = new OwnHeap(memory, 65_536 * PAGE); // more than the memory can grow to
    const error = expectThrown(() => heap.allocate(10 * PAGE, 'values'));
    expect(error).toBeInstanceOf(OutOfMemoryError);
    expect(error.cause).toBeInstanceOf(RangeError);
    expect(heap.allocate(PAGE + 100, 'values').address).toBe(64);
  });
});

describe.each([2 ** 31, 2 ** 32, 2 ** 38, 2 ** 53])('%i bytes, more or less', (limit) => {
  const sizes = [limit - 8, limit - 4, limit, limit + 4, limit + 64, limit + 1000];

  test('are refused by a heap that may not grow as long, and that keeps what it has', () => {
    const memory = new WebAssembly.Memory({ initial: 1 });
    const heap = new OwnHeap(memory, 2 ** 30);
    const [freed, kept] = [heap.allocate(1000, 'values'), heap.allocate(1000, 'values')];
    bytesAt(memory, kept, 1000).fill(255);
    heap.free(freed);
    for (const size of sizes) expect(() => heap.allocate(size, 'values')).toThrow(OutOfMemoryError);
    expect(bytesAt(memory, kept, 1000).every((byte) => byte === 255)).toBe(true);
    expect(memory.buffer.byteLength).toBe(PAGE);
  });

  test("are refused in a caller's memory, without asking a malloc that sees only 32 bits", () => {
    const memory = new WebAssembly.Memory({ initial: 1 });
    // A WebAssembly function returns it as a signed integer of 32 bits.
    const malloc = vi.fn<(bytes: number) => number>((bytes) => (bytes >>> 0 < PAGE ? 64 : 0));
    const heap = new LentHeap(memory, { malloc, free() {} });
    for (const size of sizes) expect(() => heap.allocate(size, 'values')).toThrow(OutOfMemoryError);
    for (const [bytes] of malloc.mock.calls) expect(bytes).toBeLessThanOrEqual(2 ** 32 - 1);
  });
});

describe('a memory of its own', () => {
  afterEach(() => {
    vi.unstubAllGlobals();
  });

  test.each([true, false])('can grow to 4 GiB where the machine allows it (shared: %s)', (isShared) => {
    const { memory, maximum } = openMemory(isShared);
    expect(maximum).toBe(2 ** 32);
    expect(memory.buffer instanceof SharedArrayBuffer).toBe(isShared);
  });

  test('can grow as long as a smaller machine allows', () => {
    stubMemory((pages) => pages <= 8192);
    expect(openMemory(true).maximum).toBe(2 ** 29);
  });

  test('is an OutOfMemoryError where there is none', () => {
    stubMemory(() => false);
    expect(() => openMemory(true)).toThrow('wasm() asked for 1 MiB of memory at least');
  });

  /** A machine that sets aside addresses for some lengths only. */
  function stubMemory(allows: (pages: number) => boolean): void {
    class Memory extends WebAssembly.Memory {
      constructor(descriptor: WebAssembly.MemoryDescriptor) {
        if (!allows(descriptor.maximum ?? 0)) throw new RangeError('could not allocate memory');
        super(descriptor);
      }
    }
    vi.stubGlobal('WebAssembly', { ...globalThis.WebAssembly, Memory });
  }
});

describe("a heap in a caller's memory", () => {
  test('aligns what malloc returns, and frees the addresses it returned', () => {
    const memory = new WebAssembly.Memory({ initial: 1 });
    const free = vi.fn<(address: number) => void>();
    const heap = new LentHeap(memory, { malloc: () => 1000, free });
    bytesAt(memory, { address: 1000 }, 200).fill(255);
    const lease = heap.allocate(100, 'values');
    expect(lease.address).toBe(1024);
    expect(bytesAt(memory, lease, 100).every((byte) => byte === 0)).toBe(true);
    expect(bytesAt(memory, { address: 1000 }, 24).every((byte) => byte === 255)).toBe(true);
    heap.free(lease);
    expect(free.mock.calls).toStrictEqual([[1000]]);
  });

  test('takes addresses above 2 GiB as WebAssembly returns them: as negative numbers', () => {
    const memory = new WebAssembly.Memory({ initial: 40_000 });
    const heap = new LentHeap(memory, { malloc: () => -(2 ** 31) + 64, free() {} });
    expect(heap.allocate(100, 'values').address).toBe(2 ** 31 + 64);
  });

  test('frees everything once when it is closed', () => {
    const memory = new WebAssembly.Memory({ initial: 1 });
    const free = vi.fn<(address: number) => void>();
    let next = 64;
    const malloc = (bytes: number): number => (next += bytes) - bytes;
    const heap = new LentHeap(memory, { malloc, free });
    const first = heap.allocate(64, 'values');
    heap.allocate(64, 'values');
    heap.free(first);
    heap.close();
    heap.close();
    expect(free.mock.calls).toStrictEqual([[64], [192]]);
  });

  test.each([
    ['returns 0', () => 0],
    ['returns an address outside the memory', () => 65_530],
    [
      'throws',
      () => {
        throw new Error('abort()');
      },
    ],
  ])('is an OutOfMemoryError when malloc %s', (_, malloc) => {
    const heap = new LentHeap(new WebAssembly.Memory({ initial: 1 }), { malloc, free() {} });
    expect(() => heap.allocate(100, 'values')).toThrow('heap.malloc() found no room');
  });

  test('says how to permit allocating where it is not permitted', () => {
    expect(() => new NoHeap().allocate(4, '1 float32 values')).toThrow('Give wasm() the option heap');
  });
});

function expectThrown(call: () => unknown): Error {
  try {
    call();
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error('nothing was thrown');
}
