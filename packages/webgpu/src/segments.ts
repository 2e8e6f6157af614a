import type { StepBatch, StepItem } from '@asgd/core';
import type { Variant } from './update.ts';
import { granule, type Span } from './memory.ts';

/** A part of a buffer that can be bound: all of it, or as much as the device's limit allows. */
interface Window {
  readonly buffer: GPUBuffer;
  /** In bytes. */
  readonly offset: number;
  readonly size: number;
}

/** A part of an update that lies in one window of each buffer. */
export interface Segment extends Pick<Variant, 'averaging' | 'isVector' | 'slots'> {
  readonly windows: readonly Window[];
  /**
   * Where parameter, gradient and average begin in their windows, and the length, in elements of the kernel. Without an
   * average, the parameter takes its place.
   */
  readonly range: readonly [number, number, number, number];
}

/** Cuts an update where the windows of its buffers end, and where vectors of four no longer fit. */
export function cut(
  { parameter, gradient, average, length: reals }: StepItem<Span>,
  averaging: StepBatch<Span>['averaging'],
  windowSize: number,
): readonly Segment[] {
  const spans = average ? [parameter, gradient, average] : [parameter, gradient];
  const { length, vectors } = measure(spans, reals);
  const segments: Segment[] = [];
  for (let start = 0, end = 0; start < length; start = end) {
    const isVector = start < vectors;
    const edges = spans.map(({ offset }) => start + (windowSize - ((offset + start * 4) % windowSize)) / 4);
    end = Math.min(isVector ? vectors : length, ...edges);
    const { windows, slots, positions } = locate(spans, start, windowSize);
    const size = isVector ? 4 : 1;
    const [p = 0, g = 0, ax = p] = positions.map((position) => position / size);
    const range = [p, g, ax, (end - start) / size] as const;
    segments.push({ averaging, isVector, slots, windows, range });
  }
  return segments;
}

/**
 * How many reals are updated, and how many of them as vectors. In the backend's own memory, nothing lies between a tensor's
 * last real and the end of its granule. So the update goes on to that end: everything is vectors, and neighbors become
 * one segment. In a caller's memory, nothing beyond the range is written.
 */
function measure(spans: readonly Span[], length: number): { length: number; vectors: number } {
  if (!spans.some(({ isWrapped }) => isWrapped)) {
    const whole = Math.ceil((length * 4) / granule) * (granule / 4);
    return { length: whole, vectors: whole };
  }
  const areAligned = spans.every(({ offset }) => offset % 16 === 0);
  return { length, vectors: areAligned ? length - (length % 4) : 0 };
}

/** Joins two segments in the same windows if the second begins where the first ends. */
export function join(first: Segment, second: Segment): readonly Segment[] {
  const [p, g, ax, length] = first.range;
  const isNext = [p, g, ax].every((at, which) => second.range[which] === at + length);
  return isNext ? [{ ...first, range: [p, g, ax, length + second.range[3]] }] : [first, second];
}

interface Located extends Pick<Segment, 'windows' | 'slots'> {
  /** In the windows, in reals. */
  readonly positions: readonly number[];
}

/** The windows that hold the spans' reals from `start` on. A window that several spans share is bound once. */
function locate(spans: readonly Span[], start: number, windowSize: number): Located {
  const windows: Window[] = [];
  const slots: number[] = [];
  const positions = spans.map(({ buffer, offset: spanOffset }) => {
    const inWindow = (spanOffset + start * 4) % windowSize;
    const offset = spanOffset + start * 4 - inWindow;
    const found = windows.findIndex((window) => window.buffer === buffer && window.offset === offset);
    // A binding consists of whole words. The caller's buffer may end with a part of one.
    const size = Math.min(windowSize, buffer.size - (buffer.size % 4) - offset);
    slots.push(found < 0 ? windows.push({ buffer, offset, size }) - 1 : found);
    return inWindow / 4;
  });
  return { windows, slots, positions };
}
