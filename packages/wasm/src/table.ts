import type { Averaging, StepBatch, StepItem } from '@asgd/core';
import { type Storage, widthOf } from './memory.ts';

/** What becomes of the average, as assembly/update.ts numbers it. */
export const averagings: Readonly<Record<Averaging, number>> = { none: 0, copy: 1, blend: 2 };

/** How many tensors go into one call. Longer batches take several: nothing is ever allocated during a step. */
const MOST_ITEMS = 1024;

/** Positions on the line stay far below 2^32, whatever is laid on it. */
const MOST_BYTES = 2 ** 31;

/** Where the next tensor on the line may begin. */
const ALIGNMENT = 64;

/** `Batch` and `Item` of assembly/index.ts, in 4-byte words. */
const BATCH_WORDS = 8;
const ITEM_WORDS = 12;

export const TABLE_BYTES: number = (BATCH_WORDS + MOST_ITEMS * ITEM_WORDS) * 4;

type Batch = StepBatch<Storage>;
type Item = StepItem<Storage>;

/** Describes batches to the kernels, in their memory. */
export class Table {
  readonly address: number;
  readonly #memory: WebAssembly.Memory;
  #words = new Uint32Array(0);
  #doubles = new Float64Array(0);

  constructor(memory: WebAssembly.Memory, address: number) {
    this.#memory = memory;
    this.address = address;
  }

  /**
   * Writes the batch, in as many parts as it takes, and has each launched: `launch` is told how long its line is.
   * Neighbours in memory become one tensor: each that a kernel begins anew costs as much as some hundred elements.
   */
  launch(batch: Batch, launch: (bytes: number) => void): void {
    this.#derive();
    const { dtype, items } = batch;
    const width = widthOf(dtype);
    let count = 0;
    let line = 0;
    const finish = (): void => {
      this.#writeBatch(batch, width, count, line);
      launch(line);
      count = 0;
      line = 0;
    };
    for (let index = 0; index < items.length; count++) {
      const first = items[index] as Item; // the index is below the length
      let last = first;
      for (let next = items[++index]; next && isNext(last, next); next = items[++index]) last = next;
      const bytes = last.parameter.address - first.parameter.address + last.length * width;
      if (count === MOST_ITEMS || (count > 0 && line + bytes > MOST_BYTES)) finish();
      this.#writeItem(first, count, line, bytes);
      line += Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
    }
    finish();
  }

  /** Views of the memory as it is now. */
  #derive(): void {
    const { buffer } = this.#memory;
    if (this.#words.buffer === buffer) return;
    this.#words = new Uint32Array(buffer, this.address, TABLE_BYTES / 4);
    this.#doubles = new Float64Array(buffer, this.address, TABLE_BYTES / 8);
  }

  #writeBatch({ weightDecay, maximize }: Batch, width: number, count: number, line: number): void {
    this.#words[0] = width;
    this.#words[1] = count;
    this.#words[2] = line;
    this.#doubles[2] = weightDecay;
    this.#doubles[3] = maximize ? -1 : 1;
  }

  #writeItem(item: Item, index: number, start: number, bytes: number): void {
    const { parameter, gradient, average, averaging, decay, eta, mu } = item;
    const words = this.#words;
    const doubles = this.#doubles;
    const word = BATCH_WORDS + index * ITEM_WORDS;
    words[word] = start;
    words[word + 1] = bytes;
    words[word + 2] = parameter.address;
    words[word + 3] = gradient.address;
    words[word + 4] = average?.address ?? 0;
    words[word + 5] = averagings[averaging];
    const double = word / 2 + 3; // behind six words
    doubles[double] = decay;
    doubles[double + 1] = eta;
    doubles[double + 2] = mu;
  }
}

/** Whether the same update continues where that of `item` ends, in every tensor. */
function isNext(item: Item, next: Item): boolean {
  const { size } = item.parameter;
  const continues = (from: Storage | null, to: Storage | null): boolean =>
    to === null || (from?.size === size && to.address === from.address + size);
  return (
    next.decay === item.decay &&
    next.eta === item.eta &&
    next.mu === item.mu &&
    next.averaging === item.averaging &&
    continues(item.parameter, next.parameter) &&
    continues(item.gradient, next.gradient) &&
    continues(item.average, next.average)
  );
}
