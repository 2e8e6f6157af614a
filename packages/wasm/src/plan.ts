import type { Averaging, StepBatch, StepItem } from '@asgd/core';
import { BLEND, COPY, NONE } from '../assembly/averaging.ts';
import { type Storage, widthOf } from './memory.ts';

/** What host memory is updated with: only kernels with `capabilities.schedules` are asked for `'scheduled'`. */
type HostAveraging = Exclude<Averaging, 'scheduled'>;

const averagingNumbers: Readonly<Record<HostAveraging, number>> = { none: NONE, copy: COPY, blend: BLEND };

/** A part of a plan has at most this many tensors. */
const MOST_TENSORS = 1024;

/** A line with more than one tensor is at most this long, so that positions on it stay below 2^32. */
const MOST_BYTES = 2 ** 31;

/** Tensors on the line begin at multiples of this. */
const ALIGNMENT = 64;

/** The sizes of `Batch` and `Range` in assembly/index.ts, in 4-byte words. A batch ends with the scalars. */
const BATCH_WORDS = 14;
const RANGE_WORDS = 5;

/** Where the scalars begin in a `Batch`, in 8-byte words. */
export const SCALARS = 2;

/** The size of the longest {@link Part}. */
export const MOST_PART_BYTES: number = (BATCH_WORDS + MOST_TENSORS * RANGE_WORDS) * 4;

/** As much of a batch as the kernels update in one call: tensors, laid end to end on a line of bytes. */
export interface Part {
  /** A `Batch` and its `Range`s, as assembly/index.ts reads them. The scalars are left blank. */
  readonly words: Uint32Array;
  /** The length of the line. */
  readonly bytes: number;
}

/** How a batch is launched, usually in one part. */
export type Plan = readonly Part[];

/** One tensor of a part: its addresses, and how many bytes are updated from each. */
export interface TensorRange {
  readonly bytes: number;
  readonly parameter: number;
  readonly gradient: number;
  /** 0 if there is none. */
  readonly average: number;
}

export function makePlan({ dtype, averaging, items }: StepBatch<Storage>): Plan {
  const width = widthOf(dtype);
  const parts: Part[] = [];
  let ranges: number[] = [];
  let line = 0;
  const endPart = (): void => {
    const header = [width, averagingNumbers[averaging as HostAveraging], ranges.length / RANGE_WORDS, line];
    const words = new Uint32Array(BATCH_WORDS + ranges.length);
    words.set(header);
    words.set(ranges, BATCH_WORDS);
    parts.push({ words, bytes: line });
    ranges = [];
    line = 0;
  };
  for (let index = 0; index < items.length;) {
    // Neighbors in memory become one tensor: starting on a tensor costs a kernel as much as some hundred elements.
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

/** Whether `next` begins where `item` ends, in all of its tensors. */
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

/** The contents of a part, for a caller who cannot hand it to the kernels in memory. */
export function readPart({ words }: Part): { width: number; averaging: number; tensors: TensorRange[] } {
  const [width = 0, averaging = 0, count = 0] = words;
  const tensors = Array.from({ length: count }, (_, index) => {
    const at = BATCH_WORDS + index * RANGE_WORDS;
    const [, bytes = 0, parameter = 0, gradient = 0, average = 0] = words.subarray(at, at + RANGE_WORDS);
    return { bytes, parameter, gradient, average };
  });
  return { width, averaging, tensors };
}
