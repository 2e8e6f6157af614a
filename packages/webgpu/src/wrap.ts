import { ArgumentError, describe, LengthError, type Wrapped } from '@asgd/core';
import { COPY_DST, COPY_SRC, STORAGE } from './flags.ts';
import type { GPUBuffer } from './gpu-types.ts';
import type { Span } from './memory.ts';
import { nameOf } from './overlap.ts';

/** A range of the caller's own buffer, in the form of WebGPU's bind groups. */
export interface BufferRange {
  /** A buffer of the backend’s device. */
  readonly buffer: GPUBuffer;
  /** In bytes: a multiple of 4. Default: 0. Multiples of 16 are faster. */
  readonly offset?: number;
  /** In bytes: a multiple of 4. Default: the rest of the buffer. */
  readonly size?: number;
}

/** Updates need the first; reads, writes and copies need the others. */
const required: Readonly<Record<string, number>> = { STORAGE, COPY_SRC, COPY_DST };

/** @throws ArgumentError, LengthError */
export function wrap(source: BufferRange): Wrapped<Span> {
  const { buffer, offset = 0, size = sizeAfter(offset, buffer) } = checkSource(source);
  checkUsage(buffer);
  checkMultiple('offset', offset);
  checkMultiple('size', size);
  if (offset + size > buffer.size) {
    throw new LengthError(
      `wrap() was given the bytes ${offset} to ${offset + size} of ${nameOf(buffer)}, which has ${buffer.size} bytes: ` +
        `expected a range inside it.`,
    );
  }
  const length = size / 4;
  return { storage: { buffer, offset, length, isWrapped: true, isStale: false }, dtype: 'float32', length };
}

function sizeAfter(offset: number, { size }: GPUBuffer): number {
  return Math.max(0, Math.floor((size - offset) / 4) * 4);
}

function checkSource(source: BufferRange): BufferRange {
  if (typeof source?.buffer?.usage === 'number') return source;
  throw new ArgumentError(
    `wrap() was given ${describe(source)}: expected a range of a GPUBuffer, { buffer, offset, size }, in bytes.`,
  );
}

function checkUsage(buffer: GPUBuffer): void {
  const flags = Object.keys(required);
  const missing = flags.filter((flag) => !(buffer.usage & (required[flag] ?? 0)));
  if (missing.length > 0) {
    throw new ArgumentError(
      `wrap() was given ${nameOf(buffer)}, which lacks the usage ${missing.join(', ')}: create it with GPUBufferUsage.` +
        `${flags.join(' | GPUBufferUsage.')}.`,
    );
  }
}

function checkMultiple(what: 'offset' | 'size', bytes: number): void {
  if (Number.isSafeInteger(bytes) && bytes >= 0 && bytes % 4 === 0) return;
  throw new ArgumentError(
    `wrap() was given the ${what} ${describe(bytes)}: expected a multiple of 4 bytes, the size of a float32.`,
  );
}
