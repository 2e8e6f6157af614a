import { CheckpointError } from '../errors.ts';
import { utf8 } from '../zip/directory.ts';

/** Reads bytes one after the other, and never beyond their end. @throws CheckpointError */
export class ByteReader {
  readonly #bytes: Uint8Array<ArrayBuffer>;
  #at = 0;

  constructor(bytes: Uint8Array<ArrayBuffer>) {
    this.#bytes = bytes;
  }

  get position(): number {
    return this.#at;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  /** The next bytes: a view, not a copy. */
  take(length: number): Uint8Array {
    const at = this.#at;
    if (at + length > this.#bytes.length) throw new CheckpointError('The pickle is cut off.');
    this.#at = at + length;
    return this.#bytes.subarray(at, at + length);
  }

  view(length: number): DataView {
    const { buffer, byteOffset } = this.take(length);
    return new DataView(buffer, byteOffset, length);
  }

  byte(): number {
    return this.take(1)[0] as number;
  }

  /** An unsigned integer. One that is too large to be exact is beyond the end of any pickle. */
  size(width: 1 | 4 | 8): number {
    if (width === 1) return this.byte();
    const view = this.view(width);
    return width === 4 ? view.getUint32(0, true) : Number(view.getBigUint64(0, true));
  }

  text(length: number): string {
    const bytes = this.take(length);
    try {
      return utf8.decode(bytes);
    } catch (cause) {
      throw new CheckpointError('A text in the pickle is not UTF-8.', { cause });
    }
  }

  /** A text up to the next line feed. */
  line(): string {
    const end = this.#bytes.indexOf(0x0a, this.#at);
    if (end === -1) throw new CheckpointError('The pickle is cut off.');
    const text = this.text(end - this.#at);
    this.#at = end + 1;
    return text;
  }
}
