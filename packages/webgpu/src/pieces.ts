import type { Averaging, StepItem } from '@asgd/core';
import type { Slots } from './float32.ts';
import type { Span } from './memory.ts';

/** A part of a buffer that can be bound: the whole buffer, or as much of it as the device's limit allows. */
export interface Window {
  readonly buffer: GPUBuffer;
  /** In bytes. */
  readonly offset: number;
  readonly size: number;
}

/** A part of an update that lies in one window of each buffer. Positions and length count reals, in the window. */
export interface Piece {
  readonly averaging: Averaging;
  /** The item whose scalars it is updated with. */
  readonly leader: number;
  readonly isVector: boolean;
  readonly windows: readonly Window[];
  readonly slots: Slots;
  readonly parameter: number;
  readonly gradient: number;
  readonly average: number;
  readonly length: number;
}

/** Cuts an update where the windows of its buffers end, and where vectors of four no longer fit. */
export function cut(item: StepItem<Span>, leader: number, windowSize: number): readonly Piece[] {
  const { parameter, gradient, average, length, averaging } = item;
  const spans = average ? [parameter, gradient, average] : [parameter, gradient];
  const vectors = vectorLength(spans, length);
  const pieces: Piece[] = [];
  for (let start = 0; start < length;) {
    const isVector = start < vectors;
    const end = Math.min(
      isVector ? vectors : length,
      ...spans.map((span) => start + untilEdge(span, start, windowSize)),
    );
    const located = spans.map((span) => locate(span, start, windowSize));
    pieces.push({ averaging, leader, isVector, ...assignSlots(located), length: end - start });
    start = end;
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

/** How many reals from here lie in the same window. */
function untilEdge({ offset }: Span, start: number, windowSize: number): number {
  return (windowSize - ((offset + start * 4) % windowSize)) / 4;
}

interface Located {
  readonly window: Window;
  readonly at: number;
}

function locate({ buffer, offset }: Span, start: number, windowSize: number): Located {
  const position = offset + start * 4;
  const windowOffset = position - (position % windowSize);
  const size = Math.min(windowSize, buffer.size - (buffer.size % 4) - windowOffset);
  return { window: { buffer, offset: windowOffset, size }, at: (position - windowOffset) / 4 };
}

/** A window is bound once, whichever of the three it holds. */
function assignSlots(
  located: readonly Located[],
): Pick<Piece, 'windows' | 'slots' | 'parameter' | 'gradient' | 'average'> {
  const windows: Window[] = [];
  const [parameter, gradient, average] = located.map(({ window, at }) => {
    const found = windows.findIndex(
      ({ buffer, offset }) => buffer === window.buffer && offset === window.offset,
    );
    return { at, slot: found < 0 ? windows.push(window) - 1 : found };
  });
  return {
    windows,
    slots: {
      parameter: 0,
      gradient: (gradient?.slot ?? 0) as 0 | 1,
      average: (average?.slot ?? 0) as 0 | 1 | 2,
    },
    parameter: parameter?.at ?? 0,
    gradient: gradient?.at ?? 0,
    average: average?.at ?? 0,
  };
}
