// Which stretches of a memory are taken and which are free. The bookkeeping is outside the memory, where no stray write
// can reach it. Free blocks are binned by size, eight bins to a power of two, and a bitmap says which bins have any
// (M. Masmano et al., "TLSF: a new dynamic memory allocator for real-time systems", 2004): taking and giving back
// take constant time, however many blocks there are.

/** Addresses and sizes are multiples of it: a cache line, so that no two tensors, and so no two threads, share one. */
export const ALIGNMENT = 64;

/** Splits the sizes between two powers of two into this many bins: at most 1/8 of a block goes unused for its size. */
const BINS_PER_DOUBLING = 8;
const LOG_BINS = 3;
const BINS = 32 * BINS_PER_DOUBLING;

/** A stretch of memory. Neighbours in memory are linked, and so are the free blocks of a bin. */
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

/** The blocks of a memory from `start` on, which grows at its end. */
export class Blocks {
  readonly #bins: (Block | undefined)[] = Array.from({ length: BINS });
  readonly #occupied = new Uint32Array(BINS / 32);
  readonly #start: number;
  #last: Block | undefined;
  #used = 0;

  constructor(start: number) {
    this.#start = roundUp(start);
  }

  /** Bytes in blocks that are taken. */
  get used(): number {
    return this.#used;
  }

  get end(): number {
    return this.#last?.end ?? this.#start;
  }

  /** How much the memory must grow for `bytes` to fit behind everything that is taken. */
  missingFor(bytes: number): number {
    const tail = this.#last?.isFree ? this.#last.size : 0;
    return Math.max(0, roundUp(bytes) - tail);
  }

  /** The memory has become longer, up to `end`, a multiple of 64. */
  extend(end: number): void {
    const size = end - this.end;
    if (size <= 0) return;
    const block = new Block(this.end, size);
    this.#link(this.#last, block);
    this.#last = block;
    this.#free(block);
  }

  /**
   * A block of at least `bytes`, or `undefined` when none is free. Thorough: looks at every block of the size's own
   * bin too, where a block may be a little too small; worth it when there is no more memory to be had.
   */
  take(bytes: number, isThorough = false): Block | undefined {
    const size = Math.max(ALIGNMENT, roundUp(bytes));
    const block = this.#find(size, isThorough);
    if (!block) return undefined;
    this.#leaveBin(block);
    block.isFree = false;
    this.#split(block, size);
    this.#used += block.size;
    return block;
  }

  /** Gives back what `take` gave. */
  give(block: Block): void {
    this.#used -= block.size;
    this.#free(block);
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

  /** Cuts a taken block to size; the rest is free. */
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

  /** Free neighbours become one block. */
  #free(block: Block): void {
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

  /** Takes the block behind it into a block. */
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

/** Every block of a later bin is larger than any size of an earlier one. */
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
