// Keeps track of which blocks of a memory are in use and which are free. Free blocks are binned by size, eight bins to a
// power of two, and a bitmap says which bins are occupied (M. Masmano et al., "TLSF: a new dynamic memory allocator for
// real-time systems", 2004). Allocating and freeing take constant time, however many blocks there are.
//
// AssemblyScript's runtime brings an allocator (std/assembly/rt/tlsf.ts) with the same algorithm. It does not fit here:
// - It writes its headers and lists into the memory, between the tensors, where a write past the end of a tensor destroys
//   them. Here they are JavaScript objects.
// - It aligns to 16 bytes, so two tensors, and with them two threads, would share cache lines. Here it is 64.
// - A block of it has at most 1 GiB. A tensor here may take nearly all of the 4 GiB.
// - When the memory cannot grow it traps (`unreachable`), and cannot say how much is in use. Here an error says so.

/** Addresses and sizes are multiples of a cache line, so that no two tensors, and so no two threads, share one. */
export const ALIGNMENT = 64;

/** The sizes from one power of two to the next go into this many bins, so sizes in one bin differ by less than 1/8. */
const BINS_PER_DOUBLING = 8;
const LOG_BINS = 3;
const BINS = 32 * BINS_PER_DOUBLING;

/** A block of memory. Neighbors in memory are linked, and so are the free blocks of a bin. */
export class Block {
  readonly address: number;
  size: number;
  isFree = true;
  before: Block | undefined;
  after: Block | undefined;
  previousInBin: Block | undefined;
  nextInBin: Block | undefined;

  constructor(address: number, size: number) {
    this.address = address;
    this.size = size;
  }

  get end(): number {
    return this.address + this.size;
  }
}

/** Allocates blocks of a memory from `start` on. The memory may grow at its end. */
export class Allocator {
  readonly #bins: (Block | undefined)[] = Array.from({ length: BINS });
  readonly #occupied = new Uint32Array(BINS / 32);
  readonly #start: number;
  #last: Block | undefined;
  #used = 0;

  constructor(start: number) {
    this.#start = roundUp(start);
  }

  /** Bytes in allocated blocks. */
  get used(): number {
    return this.#used;
  }

  get end(): number {
    return this.#last?.end ?? this.#start;
  }

  /** How much the memory must grow for `bytes` to fit behind the last allocated block. */
  missingFor(bytes: number): number {
    const tail = this.#last?.isFree ? this.#last.size : 0;
    return Math.max(0, roundUp(bytes) - tail);
  }

  /** Adds what the memory has grown by, up to `end`, a multiple of 64. */
  extend(end: number): void {
    const size = end - this.end;
    if (size <= 0) return;
    const block = new Block(this.end, size);
    this.#link(this.#last, block);
    this.#last = block;
    this.#release(block);
  }

  /**
   * A block of at least `bytes`, or `undefined` when none is free. A thorough search also looks at every block in the
   * size's own bin, where some are a little too small. That is worth its time when the memory cannot grow.
   */
  allocate(bytes: number, isThorough = false): Block | undefined {
    const size = Math.max(ALIGNMENT, roundUp(bytes));
    const block = this.#find(size, isThorough);
    if (!block) return undefined;
    this.#leaveBin(block);
    block.isFree = false;
    this.#split(block, size);
    this.#used += block.size;
    return block;
  }

  /** Frees a block that `allocate` returned. */
  free(block: Block): void {
    this.#used -= block.size;
    this.#release(block);
  }

  #find(size: number, isThorough: boolean): Block | undefined {
    const bin = binOf(size);
    const head = this.#bins[bin];
    if (head && head.size >= size) return head;
    const larger = this.#nextOccupied(bin + 1);
    if (larger !== undefined) return this.#bins[larger];
    let block = isThorough ? head : undefined;
    while (block && block.size < size) block = block.nextInBin;
    return block;
  }

  #nextOccupied(from: number): number | undefined {
    let word = from >>> 5;
    let bits = (this.#occupied[word] ?? 0) & (-1 << (from & 31));
    while (bits === 0) {
      word += 1;
      if (word >= this.#occupied.length) return undefined;
      bits = this.#occupied[word] ?? 0;
    }
    return word * 32 + 31 - Math.clz32(bits & -bits);
  }

  /** Cuts an allocated block to size and frees the rest. */
  #split(block: Block, size: number): void {
    const rest = block.size - size;
    if (rest === 0) return;
    block.size = size;
    const free = new Block(block.end, rest);
    this.#link(free, block.after);
    this.#link(block, free);
    if (this.#last === block) this.#last = free;
    this.#enterBin(free);
  }

  /** Makes a block free, and joins it with its free neighbors. */
  #release(block: Block): void {
    let merged = block;
    const { before, after } = block;
    if (after?.isFree) {
      this.#leaveBin(after);
      this.#join(block);
    }
    if (before?.isFree) {
      this.#leaveBin(before);
      this.#join(before);
      merged = before;
    }
    merged.isFree = true;
    this.#enterBin(merged);
  }

  /** Joins a block with the one behind it. */
  #join(block: Block): void {
    const { after } = block;
    if (!after) return;
    block.size += after.size;
    this.#link(block, after.after);
    if (this.#last === after) this.#last = block;
  }

  #link(before: Block | undefined, after: Block | undefined): void {
    if (before) before.after = after;
    if (after) after.before = before;
  }

  #enterBin(block: Block): void {
    const bin = binOf(block.size);
    const head = this.#bins[bin];
    block.previousInBin = undefined;
    block.nextInBin = head;
    if (head) head.previousInBin = block;
    this.#bins[bin] = block;
    this.#mark(bin, true);
  }

  #leaveBin(block: Block): void {
    const { previousInBin, nextInBin } = block;
    if (nextInBin) nextInBin.previousInBin = previousInBin;
    if (previousInBin) {
      previousInBin.nextInBin = nextInBin;
      return;
    }
    const bin = binOf(block.size);
    this.#bins[bin] = nextInBin;
    if (!nextInBin) this.#mark(bin, false);
  }

  #mark(bin: number, isOccupied: boolean): void {
    const word = bin >>> 5;
    const bit = 1 << (bin & 31);
    const bits = this.#occupied[word] ?? 0;
    this.#occupied[word] = isOccupied ? bits | bit : bits & ~bit;
  }
}

/** Every size in a later bin is larger than all sizes in an earlier one. */
function binOf(size: number): number {
  const units = size / ALIGNMENT; // at most 2^26: a memory has no more than 4 GiB
  const doubling = 31 - Math.clz32(units);
  if (doubling < LOG_BINS) return units;
  return (
    (doubling - LOG_BINS + 1) * BINS_PER_DOUBLING + ((units >>> (doubling - LOG_BINS)) % BINS_PER_DOUBLING)
  );
}

function roundUp(bytes: number): number {
  return Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
}
