/** Free bytes of an arena. */
interface Hole {
  offset: number;
  size: number;
}

/** A buffer that many tensors share, so that one dispatch updates them all. First fit, and neighbours join. */
export class Arena {
  readonly buffer: GPUBuffer;
  readonly #holes: Hole[];
  /** From here on, nothing was ever written: WebGPU gives buffers full of zeros. */
  #untouched = 0;

  constructor(buffer: GPUBuffer) {
    this.buffer = buffer;
    this.#holes = [{ offset: 0, size: buffer.size }];
  }

  get isEmpty(): boolean {
    return this.#holes.length === 1 && this.#holes[0]?.size === this.buffer.size;
  }

  /** `undefined` when there is no room. */
  take(size: number): { readonly offset: number; readonly isStale: boolean } | undefined {
    const index = this.#holes.findIndex((hole) => hole.size >= size);
    const hole = this.#holes[index];
    if (!hole) return undefined;
    const { offset } = hole;
    if (hole.size === size) this.#holes.splice(index, 1);
    else {
      hole.offset += size;
      hole.size -= size;
    }
    const isStale = offset < this.#untouched;
    this.#untouched = Math.max(this.#untouched, offset + size);
    return { offset, isStale };
  }

  give(offset: number, size: number): void {
    const next = this.#holes.findIndex((hole) => hole.offset > offset);
    const index = next < 0 ? this.#holes.length : next;
    this.#holes.splice(index, 0, { offset, size });
    this.#join(index);
    if (index > 0) this.#join(index - 1);
  }

  /** Makes one of a hole and the next, if they touch. */
  #join(index: number): void {
    const hole = this.#holes[index];
    const next = this.#holes[index + 1];
    if (!hole || !next || hole.offset + hole.size !== next.offset) return;
    hole.size += next.size;
    this.#holes.splice(index + 1, 1);
  }
}
