/** A free range of the buffer, in bytes. */
interface FreeRange {
  offset: number;
  size: number;
}

/** Allocates ranges of a buffer that many tensors share, so that one dispatch updates them all. First fit. */
export class Allocator {
  readonly buffer: GPUBuffer;
  readonly #free: FreeRange[];
  /** From here on, nothing was ever written. WebGPU fills new buffers with zeros. */
  #untouched = 0;

  constructor(buffer: GPUBuffer) {
    this.buffer = buffer;
    this.#free = [{ offset: 0, size: buffer.size }];
  }

  get isEmpty(): boolean {
    return this.#free.length === 1 && this.#free[0]?.size === this.buffer.size;
  }

  /** `undefined` when there is no room. Stale: an earlier tensor may have left values in the range. */
  allocate(size: number): { readonly offset: number; readonly isStale: boolean } | undefined {
    const index = this.#free.findIndex((range) => range.size >= size);
    const range = this.#free[index];
    if (!range) return undefined;
    const { offset } = range;
    if (range.size === size) this.#free.splice(index, 1);
    else {
      range.offset += size;
      range.size -= size;
    }
    const isStale = offset < this.#untouched;
    this.#untouched = Math.max(this.#untouched, offset + size);
    return { offset, isStale };
  }

  free(offset: number, size: number): void {
    const next = this.#free.findIndex((range) => range.offset > offset);
    const index = next < 0 ? this.#free.length : next;
    this.#free.splice(index, 0, { offset, size });
    this.#join(index);
    if (index > 0) this.#join(index - 1);
  }

  /** Joins a free range with the next one if they touch. */
  #join(index: number): void {
    const range = this.#free[index];
    const next = this.#free[index + 1];
    if (!range || !next || range.offset + range.size !== next.offset) return;
    range.size += next.size;
    this.#free.splice(index + 1, 1);
  }
}
