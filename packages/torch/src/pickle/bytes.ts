/** Bytes that grow at their end. */
export class ByteWriter {
  #bytes = new Uint8Array(2 ** 12);
  #length = 0;

  byte(value: number): void {
    this.#grow(1);
    this.#bytes[this.#length++] = value;
  }

  bytes(values: Uint8Array): void {
    this.#grow(values.length);
    this.#bytes.set(values, this.#length);
    this.#length += values.length;
  }

  /** Room for `length` bytes, to fill through the view. */
  view(length: number): DataView {
    this.#grow(length);
    this.#length += length;
    return new DataView(this.#bytes.buffer, this.#length - length, length);
  }

  /** What was written. */
  finish(): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(0, this.#length);
  }

  #grow(length: number): void {
    const needed = this.#length + length;
    if (needed <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(needed, 2 * this.#bytes.length));
    larger.set(this.#bytes);
    this.#bytes = larger;
  }
}
