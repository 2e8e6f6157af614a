import { ArgumentError, DTypeError, LengthError, type RealDType, type Wrapped } from '@asgd/core';
import { usage } from './constants.ts';
import type { Span } from './memory.ts';

/** A part of a buffer of the caller's own, as WebGPU's bind groups have it. */
export interface BufferRange {
  readonly buffer: GPUBuffer;
  /** In bytes; a multiple of 4. Default 0. Multiples of 16 are faster. */
  readonly offset?: number;
  /** In bytes; a multiple of 4. Default: the rest of the buffer. */
  readonly size?: number;
}

/** Updating needs the first; reading, writing and exchanging the others. */
const required = { STORAGE: usage.storage, COPY_SRC: usage.copySource, COPY_DST: usage.copyTarget } as const;

/** @throws ArgumentError, LengthError, DTypeError */
export function wrap(source: BufferRange, dtype: RealDType | undefined): Wrapped<Span> {
  if (dtype === 'float64') throw new DTypeError('A GPUBuffer cannot be wrapped as float64: WGSL has none.');
  const { buffer, offset = 0, size = sizeAfter(offset, buffer) } = checkSource(source);
  checkUsage(buffer);
  checkMultiple('offset', offset);
  checkMultiple('size', size);
  if (offset + size > buffer.size) {
    throw new LengthError(
      `The range to wrap ends at byte ${offset + size} (offset ${offset}, size ${size}), but ${name(buffer)} has ` +
        `${buffer.size} bytes.`,
    );
  }
  const length = size / 4;
  return { storage: { buffer, offset, length, isWrapped: true, isStale: false }, dtype: 'float32', length };
}

/** As error messages call a buffer. */
export function name({ label }: GPUBuffer): string {
  return label ? `the buffer '${label}'` : 'the buffer';
}

function sizeAfter(offset: number, { size }: GPUBuffer): number {
  return Math.max(0, Math.floor((size - offset) / 4) * 4);
}

function checkSource(source: BufferRange): BufferRange {
  const isRange = typeof source === 'object' && source !== null && typeof source.buffer?.usage === 'number';
  if (isRange) return source;
  throw new ArgumentError(
    `What wrap() was given is no range of a GPUBuffer: expected { buffer, offset, size }, with offset and size in ` +
      `bytes and optional.`,
  );
}

function checkUsage(buffer: GPUBuffer): void {
  const missing = Object.entries(required).flatMap(([flag, bit]) => (buffer.usage & bit ? [] : [flag]));
  if (missing.length > 0) {
    throw new ArgumentError(
      `${capitalize(name(buffer))} to wrap lacks the usage ${missing.join(', ')}: create it with ` +
        `${Object.keys(required)
          .map((flag) => `GPUBufferUsage.${flag}`)
          .join(' | ')}.`,
    );
  }
  if (buffer.mapState !== 'unmapped') {
    throw new ArgumentError(`${capitalize(name(buffer))} to wrap is mapped: call unmap() first.`);
  }
}

function checkMultiple(what: 'offset' | 'size', bytes: number): void {
  if (Number.isSafeInteger(bytes) && bytes >= 0 && bytes % 4 === 0) return;
  throw new ArgumentError(
    `The ${what} of the range to wrap is ${bytes}: expected bytes, a multiple of 4 from 0, since float32 takes 4.`,
  );
}

function capitalize(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
