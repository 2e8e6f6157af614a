import { OutOfMemoryError } from '@asgd/core';
import { ALIGNMENT, type Block, Blocks } from './blocks.ts';
import { formatBytes } from './bytes.ts';
import { MOST_BYTES, PAGE } from './memory-limits.ts';

/** Where a backend takes memory from for itself. */
export interface Heap {
  /** Zero-filled bytes at a multiple of 64. `what` names them in errors. @throws OutOfMemoryError */
  allocate(bytes: number, what: string): Allocation;
  free(allocation: Allocation): void;
  /** Gives everything back. */
  close(): void;
}

export interface Allocation {
  readonly address: number;
  /** In bytes: at least what was asked for. */
  readonly size: number;
}

/**
 * A step reads a parameter, its gradient and its average side by side. When all three begin at the same place of a page,
 * as tensors of 2^n elements would, they get into each other's way in the processor's caches: five lines more for each
 * make it 3 to 8 % faster.
 */
const STAGGER = 5 * ALIGNMENT;

/** Where that is half a percent of the memory at most. Smaller ones lie side by side, and are updated as one. */
const LARGE = 65_536;

/**
 * The entries of the page table that say where they are do the same: eight to a line of a cache, for 32 KiB. On Zen 3,
 * three tensors of 256 MiB side by side took 220 µs a MiB, and 112 with 64 KiB between them.
 */
const FAR_STAGGER = 65_536;

/** Where that is less than a percent. */
const VERY_LARGE = 8 << 20;

/** Bytes to leave free behind a tensor. */
function staggerAfter(bytes: number): number {
  if (bytes < LARGE) return 0;
  return bytes < VERY_LARGE ? STAGGER : FAR_STAGGER + STAGGER;
}

/** A memory that is the backend's own, and grows as needed. */
export class OwnHeap implements Heap {
  readonly #memory: WebAssembly.Memory;
  readonly #maximum: number;
  /** Address 0 stays unused: no tensor is at "null". */
  readonly #blocks = new Blocks(ALIGNMENT);
  /** From here on no byte has ever been used: it is still 0. */
  #untouched = 0;

  /** @param maximum how long the memory may become, in bytes */
  constructor(memory: WebAssembly.Memory, maximum: number) {
    this.#memory = memory;
    this.#maximum = maximum;
    this.#blocks.extend(memory.buffer.byteLength);
  }

  allocate(bytes: number, what: string): Block {
    const spread = bytes + staggerAfter(bytes);
    // Whatever is beyond the maximum is beyond what the bins of blocks can tell apart, too.
    if (spread > this.#maximum) throw this.#refuse(spread, what);
    const block = this.#blocks.take(spread) ?? this.#takeGrowing(spread, what);
    const { address, end } = block;
    const used = Math.min(end, this.#untouched) - address;
    if (used > 0) new Uint8Array(this.#memory.buffer, address, used).fill(0);
    this.#untouched = Math.max(this.#untouched, end);
    return block;
  }

  free(allocation: Allocation): void {
    this.#blocks.give(allocation as Block); // `allocate` makes no others
  }

  close(): void {}

  #takeGrowing(bytes: number, what: string): Block {
    const missing = this.#blocks.missingFor(bytes);
    const refusal = missing > 0 ? this.#grow(missing) : undefined;
    const block = this.#blocks.take(bytes, true);
    if (block) return block;
    throw this.#refuse(bytes, what, refusal);
  }

  #refuse(bytes: number, what: string, cause?: unknown): OutOfMemoryError {
    return new OutOfMemoryError(
      `Could not allocate ${what} (${formatBytes(bytes)}): of the backend's memory ${formatBytes(this.#blocks.used)} ` +
        `are in use, and here it can be ${formatBytes(this.#maximum)} long at most: dispose of some tensors.`,
      { cause },
    );
  }

  /** Lets the memory grow by at least `bytes`, if it may; the reason if not. */
  #grow(bytes: number): unknown {
    const length = this.#memory.buffer.byteLength;
    const possible = this.#maximum - length;
    if (bytes > possible) return undefined;
    // By an eighth at least, so that many small allocations grow it seldom: pages cost nothing until they are used.
    const generous = Math.min(possible, Math.max(bytes, length / 8));
    for (const size of [generous, bytes]) {
      try {
        this.#memory.grow(Math.ceil(size / PAGE));
        this.#blocks.extend(this.#memory.buffer.byteLength);
        return undefined;
      } catch (error) {
        if (size === bytes) return error;
      }
    }
    return undefined;
  }
}

/** How the owner of a memory lets a backend allocate in it. C's names: another program's own functions fit. */
export interface HeapOptions {
  /** The address of `bytes` that are the backend's until it frees them, or 0 when there are none. */
  readonly malloc: (bytes: number) => number;
  readonly free: (address: number) => void;
}

interface Lease extends Allocation {
  /** What the owner of the memory gave. */
  readonly base: number;
}

/** A memory that is the caller's, who permits allocating in it. */
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
      // Beyond 32 bits a function of WebAssembly would take the size for a small one.
      if (bytes >= MOST_BYTES) throw new RangeError(`A memory has ${MOST_BYTES} bytes at most`);
      // An address above 2 GiB comes out of WebAssembly as a negative number.
      const base = this.#options.malloc(bytes) >>> 0;
      if (base !== 0 && base + bytes <= this.#memory.buffer.byteLength) return base;
      failure = `it returned ${base}, and the memory has ${this.#memory.buffer.byteLength} bytes`;
    } catch (error) {
      failure = error;
    }
    let used = 0;
    for (const { size } of this.#leases) used += size;
    throw new OutOfMemoryError(
      `Could not allocate ${what} (${formatBytes(bytes)}): heap.malloc() has no room. The backend holds ` +
        `${formatBytes(used)} of the memory's ${formatBytes(this.#memory.buffer.byteLength)}.`,
      { cause: failure },
    );
  }
}

/** A memory that is the caller's, and not to be allocated in. */
export class NoHeap implements Heap {
  allocate(bytes: number, what: string): never {
    throw new OutOfMemoryError(
      `Could not allocate ${what} (${formatBytes(bytes)}): none of the memory is the backend's to allocate. Give ` +
        `wasm() the option heap: { malloc, free } too, or only wrap() views of the memory.`,
    );
  }

  free(): void {}

  close(): void {}
}
