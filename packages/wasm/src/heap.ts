import { OutOfMemoryError } from '@asgd/core';
import { ALIGNMENT, type Block, Allocator } from './allocator.ts';
import { formatBytes } from './bytes.ts';
import { MOST_BYTES, PAGE } from './memory-limits.ts';

/** Where a backend allocates memory. */
export interface Heap {
  /** Zero-filled bytes at a multiple of 64. Errors call them `what`. @throws OutOfMemoryError */
  allocate(bytes: number, what: string): Allocation;
  free(allocation: Allocation): void;
  /** Frees everything. */
  close(): void;
}

export interface Allocation {
  readonly address: number;
  /** In bytes: at least as many as were asked for. */
  readonly size: number;
}

/**
 * A step reads a parameter, its gradient and its average side by side. If all three begin at the same place in a page, as
 * tensors of 2^n elements would, they compete for the same lines of the caches. Five lines between tensors make a step 3
 * to 8 % faster.
 */
const STAGGER = 5 * ALIGNMENT;

/** From this size on, that costs at most half a percent of memory. Smaller tensors lie side by side, and are updated as one. */
const LARGE = 65_536;

/**
 * The entries of the page table compete in the same way: a cache line holds eight of them, which cover 32 KiB. On Zen 3,
 * a step over three tensors of 256 MiB took 220 µs a MiB with the tensors side by side, and 112 with 64 KiB between them.
 */
const FAR_STAGGER = 65_536;

/** From this size on, that costs less than a percent of memory. */
const VERY_LARGE = 8 << 20;

/** How many bytes to leave free behind a tensor. */
function staggerAfter(bytes: number): number {
  if (bytes < LARGE) return 0;
  return bytes < VERY_LARGE ? STAGGER : FAR_STAGGER + STAGGER;
}

/** The backend's own memory, which grows as needed. */
export class OwnHeap implements Heap {
  readonly #memory: WebAssembly.Memory;
  readonly #maximum: number;
  /** Address 0 stays unused: no tensor is at "null". */
  readonly #allocator = new Allocator(ALIGNMENT);
  /** From here on, no byte has ever been used, and all are still 0. */
  #untouched = 0;

  /** @param maximum how long the memory may grow, in bytes */
  constructor(memory: WebAssembly.Memory, maximum: number) {
    this.#memory = memory;
    this.#maximum = maximum;
    this.#allocator.extend(memory.buffer.byteLength);
  }

  allocate(bytes: number, what: string): Block {
    const spread = bytes + staggerAfter(bytes);
    // The allocator's bins end at the maximum, too.
    if (spread > this.#maximum) throw this.#refuse(spread, what);
    const block = this.#allocator.allocate(spread) ?? this.#takeGrowing(spread, what);
    const { address, end } = block;
    const used = Math.min(end, this.#untouched) - address;
    if (used > 0) new Uint8Array(this.#memory.buffer, address, used).fill(0);
    this.#untouched = Math.max(this.#untouched, end);
    return block;
  }

  free(allocation: Allocation): void {
    this.#allocator.free(allocation as Block); // `allocate` makes no others
  }

  close(): void {}

  #takeGrowing(bytes: number, what: string): Block {
    const missing = this.#allocator.missingFor(bytes);
    const refusal = missing > 0 ? this.#grow(missing) : undefined;
    const block = this.#allocator.allocate(bytes, true);
    if (block) return block;
    throw this.#refuse(bytes, what, refusal);
  }

  #refuse(bytes: number, what: string, cause?: unknown): OutOfMemoryError {
    return new OutOfMemoryError(
      `Could not allocate ${what} (${formatBytes(bytes)}): ${formatBytes(this.#allocator.used)} of the backend's memory ` +
        `are in use, and it can grow to ${formatBytes(this.#maximum)} here. Dispose of some tensors.`,
      { cause },
    );
  }

  /** Grows the memory by at least `bytes` if possible. Returns the engine's error if it refuses. */
  #grow(bytes: number): unknown {
    const length = this.#memory.buffer.byteLength;
    const possible = this.#maximum - length;
    if (bytes > possible) return undefined;
    // By an eighth at least, so that many small allocations rarely grow it. Pages cost nothing until they are used.
    const generous = Math.min(possible, Math.max(bytes, length / 8));
    for (const size of [generous, bytes]) {
      try {
        this.#memory.grow(Math.ceil(size / PAGE));
        this.#allocator.extend(this.#memory.buffer.byteLength);
        return undefined;
      } catch (error) {
        if (size === bytes) return error;
      }
    }
    return undefined;
  }
}

/** How the owner of a memory lets a backend allocate in it. The names are C's, so that a program's own functions fit. */
export interface HeapOptions {
  /** Returns the address of `bytes` bytes, which the backend uses until it frees them, or 0 if there is no room. */
  readonly malloc: (bytes: number) => number;
  /** Takes back what `malloc` returned. */
  readonly free: (address: number) => void;
}

interface Lease extends Allocation {
  /** The address that `malloc` returned. */
  readonly base: number;
}

/** The caller's memory, in which the backend may allocate. */
export class LentHeap implements Heap {
  readonly #memory: WebAssembly.Memory;
  readonly #options: HeapOptions;
  readonly #leases = new Set<Lease>();

  constructor(memory: WebAssembly.Memory, options: HeapOptions) {
    this.#memory = memory;
    this.#options = options;
  }

  allocate(bytes: number, what: string): Lease {
    const base = this.#malloc(bytes + ALIGNMENT, what);
    const lease = { address: Math.ceil(base / ALIGNMENT) * ALIGNMENT, size: bytes, base };
    this.#leases.add(lease);
    new Uint8Array(this.#memory.buffer, lease.address, bytes).fill(0);
    return lease;
  }

  free(allocation: Allocation): void {
    const lease = allocation as Lease; // `allocate` makes no others
    if (this.#leases.delete(lease)) this.#options.free(lease.base);
  }

  close(): void {
    for (const lease of this.#leases) this.free(lease);
  }

  #malloc(bytes: number, what: string): number {
    let failure: unknown;
    try {
      // A WebAssembly function drops what is beyond 32 bits, and would see a small size.
      if (bytes >= MOST_BYTES) throw new RangeError(`A memory has at most ${MOST_BYTES} bytes.`);
      // WebAssembly returns an address above 2 GiB as a negative number.
      const base = this.#options.malloc(bytes) >>> 0;
      if (base !== 0 && base + bytes <= this.#memory.buffer.byteLength) return base;
      failure = `heap.malloc() returned ${base}, and the memory has ${this.#memory.buffer.byteLength} bytes`;
    } catch (error) {
      failure = error;
    }
    let used = 0;
    for (const { size } of this.#leases) used += size;
    throw new OutOfMemoryError(
      `Could not allocate ${what} (${formatBytes(bytes)}): heap.malloc() found no room. The backend uses ` +
        `${formatBytes(used)} of the memory's ${formatBytes(this.#memory.buffer.byteLength)}. Dispose of some tensors, ` +
        `or let the memory grow.`,
      { cause: failure },
    );
  }
}

/** The caller's memory, in which the backend must not allocate. */
export class NoHeap implements Heap {
  allocate(bytes: number, what: string): never {
    throw new OutOfMemoryError(
      `Could not allocate ${what} (${formatBytes(bytes)}): the backend may not allocate in the memory it was given. Give ` +
        `wasm() the option heap: { malloc, free } too, or only wrap() views of the memory.`,
    );
  }

  free(): void {}

  close(): void {}
}
