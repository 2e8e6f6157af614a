import type { Averaging, StepBatch, StepItem } from '@asgd/core';
import { type Storage, widthOf } from './memory.ts';

/** What becomes of the average, in the order of assembly/update.ts. */
const averagings: readonly Averaging[] = ['none', 'copy', 'blend'];

/** How many tensors the kernels are told of at a time. */
const MOST_TENSORS = 1024;

/** Positions on a line stay far below 2^32, whatever is laid on it. */
const MOST_BYTES = 2 ** 31;

/** Where the next tensor on the line may begin. */
const ALIGNMENT = 64;

/** `Batch` and `Range` of assembly/index.ts, in 4-byte words. Scalars take up the end of a batch. */
const BATCH_WORDS = 14;
const RANGE_WORDS = 5;

/** Where the scalars are in a `Batch`, in 8-byte words. */
export const SCALARS = 2;

/** Bytes of the longest {@link Part}. */
export const MOST_PART_BYTES: number = (BATCH_WORDS + MOST_TENSORS * RANGE_WORDS) * 4;

/** As much of a batch as the kernels are told of at a time: its tensors, laid end to end on a line of bytes. */
export interface Part {
  /** As assembly/index.ts reads it, but for the scalars. */
  readonly words: Uint32Array;
  /** How long the line is. */
  readonly bytes: number;
}

/** How a batch is launched: mostly in one part. */
export type Plan = readonly Part[];

/** One tensor of a part: its addresses, and how many bytes of each are updated. */
export interface TensorRange {
  readonly bytes: number;
  readonly parameter: number;
  readonly gradient: number;
  /** 0 without one. */
  readonly average: number;
}

export function makePlan({ dtype, averaging, items }: StepBatch<Storage>): Plan {
  const width = widthOf(dtype);
  const parts: Part[] = [];
  let ranges: number[] = [];
  let line = 0;
  const endPart = (): void => {
    const header = [width, averagings.indexOf(averaging), ranges.length / RANGE_WORDS, line];
    const words = new Uint32Array(BATCH_WORDS + ranges.length);
    words.set(header);
    words.set(ranges, BATCH_WORDS);
    parts.push({ words, bytes: line });
    ranges = [];
    line = 0;
  };
  for (let index = 0; index < items.length;) {
    // Neighbours in memory become one tensor: each that a kernel begins anew costs as much as some hundred elements.
    const first = items[index] as StepItem<Storage>; // the index is below the length
    let last = first;
    for (let next = items[++index]; next && isNext(last, next); next = items[++index]) last = next;
    const bytes = last.parameter.address - first.parameter.address + last.length * width;
    const isFull = ranges.length === MOST_TENSORS * RANGE_WORDS || line + bytes > MOST_BYTES;
    if (isFull && ranges.length > 0) endPart();
    ranges.push(line, bytes, first.parameter.address, first.gradient.address, first.average?.address ?? 0);
    line += Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
  }
  endPart();
  return parts;
}

/** Whether the update of `next` continues where that of `item` ends, in every tensor. */
function isNext(item: StepItem<Storage>, next: StepItem<Storage>): boolean {
  const { size } = item.parameter;
  const continues = (from: Storage | null, to: Storage | null): boolean =>
    to === null || (from?.size === size && to.address === from.address + size);
  return (
    continues(item.parameter, next.parameter) &&
    continues(item.gradient, next.gradient) &&
    continues(item.average, next.average)
  );
}

/** What a part says, for those who cannot hand it to the kernels in memory. */
export function readPart({ words }: Part): { width: number; averaging: number; tensors: TensorRange[] } {
  const [width = 0, averaging = 0, count = 0] = words;
  const tensors = Array.from({ length: count }, (_, index) => {
    const at = BATCH_WORDS + index * RANGE_WORDS;
    const [, bytes = 0, parameter = 0, gradient = 0, average = 0] = words.subarray(at, at + RANGE_WORDS);
    return { bytes, parameter, gradient, average };
  });
  return { width, averaging, tensors };
}
