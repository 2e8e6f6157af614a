import type { StepItem } from '@asgd/core';
import type { Variant } from './float32.ts';
import type { Span } from './memory.ts';

/** A part of a buffer that can be bound: the whole buffer, or as much of it as the device's limit allows. */
interface Window {
  readonly buffer: GPUBuffer;
  /** In bytes. */
  readonly offset: number;
  readonly size: number;
}

/** A part of an update that lies in one window of each buffer. */
export interface Piece extends Pick<Variant, 'averaging' | 'isVector' | 'slots'> {
  /** The item whose scalars it is updated with. */
  readonly leader: number;
  readonly windows: readonly Window[];
  /** Where parameter, gradient and average begin in their windows, and the length, in elements of the kernel. */
  readonly range: readonly [number, number, number, number];
}

/** Cuts an update where the windows of its buffers end, and where vectors of four no longer fit. */
export function cut(item: StepItem<Span>, leader: number, windowSize: number): readonly Piece[] {
  const { parameter, gradient, average, length, averaging } = item;
  const spans = average ? [parameter, gradient, average] : [parameter, gradient];
  const vectors = vectorLength(spans, length);
  const pieces: Piece[] = [];
  for (let start = 0, end = 0; start < length; start = end) {
    const isVector = start < vectors;
    const edges = spans.map(({ offset }) => start + (windowSize - ((offset + start * 4) % windowSize)) / 4);
    end = Math.min(isVector ? vectors : length, ...edges);
    const { windows, slots, positions } = locate(spans, start, windowSize);
    const size = isVector ? 4 : 1;
    const [p = 0, g = 0, ax = 0] = positions.map((position) => position / size);
    const range = [p, g, ax, Math.ceil((end - start) / size)] as const;
    pieces.push({ averaging, isVector, slots, leader, windows, range });
  }
  return pieces;
}

/**
 * How many of the reals are updated as vectors. Nothing lies behind the last real of a tensor in memory of our own,
 * so there they all are; a caller's memory is left alone beyond its range.
 */
function vectorLength(spans: readonly Span[], length: number): number {
  if (spans.some(({ offset }) => offset % 16 !== 0)) return 0;
  return spans.some(({ isWrapped }) => isWrapped) ? length - (length % 4) : length;
}

interface Located extends Pick<Piece, 'windows' | 'slots'> {
  /** In reals, of the windows. */
  readonly positions: readonly number[];
}

/** The windows in which the spans have their reals from `start` on. One that serves several is bound once. */
function locate(spans: readonly Span[], start: number, windowSize: number): Located {
  const windows: Window[] = [];
  const slots: number[] = [];
  const positions = spans.map(({ buffer, offset: spanOffset }) => {
    const inWindow = (spanOffset + start * 4) % windowSize;
    const offset = spanOffset + start * 4 - inWindow;
    const found = windows.findIndex((window) => window.buffer === buffer && window.offset === offset);
    // A binding takes whole words, which a caller's buffer need not have.
    const size = Math.min(windowSize, buffer.size - (buffer.size % 4) - offset);
    slots.push(found < 0 ? windows.push({ buffer, offset, size }) - 1 : found);
    return inWindow / 4;
  });
  return { windows, slots, positions };
}
