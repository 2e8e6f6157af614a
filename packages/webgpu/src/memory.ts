import { OutOfMemoryError } from '@asgd/core';
import { Arena } from './arena.ts';
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
  /** Whether it still holds what an earlier tensor left there. */
  isStale: boolean;
}

/** Ranges start and end at multiples of this, in bytes. A kernel may update a tensor's last granule to its end. */
export const granule = 256;

/** The first arena is small, for the many programs that need no more. */
const firstArenaSize = 256 << 10;

/** Small enough that the unused part of an arena does not matter, large enough for 256 tensors of 4 Ki reals. */
const arenaSize = 4 << 20;

/** Longer tensors have a buffer each. */
const longestShared = arenaSize / 4;

/** The buffers behind all the tensors of a backend. */
export class Memory {
  readonly #device: GPUDevice;
  readonly #faults: Faults;
  readonly #arenas = new Map<GPUBuffer, Arena>();
  readonly #buffers = new Set<GPUBuffer>();

  constructor(device: GPUDevice, faults: Faults) {
    this.#device = device;
    this.#faults = faults;
  }

  /** @throws OutOfMemoryError at once where the limits tell; elsewhere it is the device that tells, later. */
  allocate(length: number): Span {
    return { ...this.#find(sizeOf(length)), length, isWrapped: false };
  }

  free({ buffer, offset, length }: Span): void {
    const arena = this.#arenas.get(buffer);
    arena?.give(offset, sizeOf(length));
    if (arena && (!arena.isEmpty || this.#arenas.size === 1)) return;
    this.#arenas.delete(buffer);
    if (this.#buffers.delete(buffer)) buffer.destroy();
  }

  /** Destroys every buffer. Work that is queued still completes. */
  close(): void {
    for (const buffer of this.#buffers) buffer.destroy();
    this.#buffers.clear();
    this.#arenas.clear();
  }

  #find(size: number): Pick<Span, 'buffer' | 'offset' | 'isStale'> {
    if (size > longestShared) return { buffer: this.#create(size), offset: 0, isStale: false };
    for (const arena of this.#arenas.values()) {
      const found = arena.take(size);
      if (found) return { buffer: arena.buffer, ...found };
    }
    const isFirst = this.#arenas.size === 0 && size <= firstArenaSize;
    const buffer = this.#create(isFirst ? firstArenaSize : arenaSize);
    const arena = new Arena(buffer);
    this.#arenas.set(buffer, arena);
    return { buffer, offset: 0, isStale: false, ...arena.take(size) };
  }

  #create(size: number): GPUBuffer {
    const { maxBufferSize } = this.#device.limits;
    if (size > maxBufferSize) {
      throw new OutOfMemoryError(
        `Could not allocate ${size} bytes: a buffer of this device has at most ${maxBufferSize} ` +
          `(device.limits.maxBufferSize). Use several smaller tensors.`,
      );
    }
    const { result: buffer, error } = this.#faults.watch(`Allocating ${size} bytes`, () =>
      this.#device.createBuffer({
        label: 'asgd tensors',
        size,
        usage: STORAGE | COPY_SRC | COPY_DST,
      }),
    );
    this.#buffers.add(buffer);
    // A buffer that could not be had is given to no other tensor.
    void error.then((found) => found && this.#arenas.delete(buffer));
    return buffer;
  }
}

/** What `length` reals take up, in bytes. */
function sizeOf(length: number): number {
  return Math.max(1, Math.ceil((length * 4) / granule)) * granule;
}
