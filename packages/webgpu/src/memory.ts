import { OutOfMemoryError } from '@asgd/core';
import { Allocator } from './allocator.ts';
import { COPY_DST, COPY_SRC, STORAGE } from './flags.ts';
import type { Faults } from './faults.ts';

/** Where a tensor's values are: a range of a buffer. */
export interface Span {
  readonly buffer: GPUBuffer;
  /** In bytes. */
  readonly offset: number;
  /** In reals. */
  readonly length: number;
  /** Whether the buffer is the caller's. */
  readonly isWrapped: boolean;
  /** Whether it may still hold an earlier tensor's values. */
  isStale: boolean;
}

/** Ranges start and end at multiples of this, in bytes. A kernel may write to all of a tensor's last granule. */
export const granule = 256;

/** The first shared buffer is small. Many programs need no more. */
const firstSharedSize = 256 << 10;

/** Small enough that the unused part of a shared buffer does not matter, large enough for 256 tensors of 4 Ki reals. */
const sharedSize = 4 << 20;

/** Tensors of more bytes have a buffer each. */
const longestShared = sharedSize / 4;

/** The buffers behind all the tensors of a backend. */
export class TensorMemory {
  readonly #device: GPUDevice;
  readonly #faults: Faults;
  /** The buffers that several tensors share. */
  readonly #shared = new Map<GPUBuffer, Allocator>();
  readonly #buffers = new Set<GPUBuffer>();

  constructor(device: GPUDevice, faults: Faults) {
    this.#device = device;
    this.#faults = faults;
  }

  /** @throws OutOfMemoryError beyond the device's limits. The device reports later when its memory runs out. */
  allocate(length: number): Span {
    return { ...this.#find(sizeOf(length)), length, isWrapped: false };
  }

  free({ buffer, offset, length }: Span): void {
    const allocator = this.#shared.get(buffer);
    allocator?.free(offset, sizeOf(length));
    if (allocator && (!allocator.isEmpty || this.#shared.size === 1)) return;
    this.#shared.delete(buffer);
    if (this.#buffers.delete(buffer)) buffer.destroy();
  }

  /** Destroys every buffer. Work that is queued still completes. */
  close(): void {
    for (const buffer of this.#buffers) buffer.destroy();
    this.#buffers.clear();
    this.#shared.clear();
  }

  #find(size: number): Pick<Span, 'buffer' | 'offset' | 'isStale'> {
    if (size > longestShared) return { buffer: this.#create(size), offset: 0, isStale: false };
    for (const allocator of this.#shared.values()) {
      const found = allocator.allocate(size);
      if (found) return { buffer: allocator.buffer, ...found };
    }
    const isFirst = this.#shared.size === 0 && size <= firstSharedSize;
    const buffer = this.#create(isFirst ? firstSharedSize : sharedSize);
    const allocator = new Allocator(buffer);
    this.#shared.set(buffer, allocator);
    return { buffer, offset: 0, isStale: false, ...allocator.allocate(size) };
  }

  #create(size: number): GPUBuffer {
    const { maxBufferSize } = this.#device.limits;
    if (size > maxBufferSize) {
      throw new OutOfMemoryError(
        `Could not allocate ${size} bytes: a buffer of this device can have at most ${maxBufferSize} ` +
          `(device.limits.maxBufferSize). Use several smaller tensors.`,
      );
    }
    const { result: buffer, error } = this.#faults.watch(
      `Allocating ${size} bytes`,
      () =>
        this.#device.createBuffer({
          label: 'asgd tensors',
          size,
          usage: STORAGE | COPY_SRC | COPY_DST,
        }),
      (created) => [{ target: created, from: [] }],
    );
    this.#buffers.add(buffer);
    // If the device could not allocate the buffer, no other tensor may get a range of it.
    void error.then((found) => found && this.#shared.delete(buffer));
    return buffer;
  }
}

/** How many bytes `length` reals take. */
function sizeOf(length: number): number {
  return Math.max(1, Math.ceil((length * 4) / granule)) * granule;
}
