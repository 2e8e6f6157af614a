import { DataError } from '../errors.ts';
import { isBlank } from './text.ts';

/**
 * Receives one line: `bytes[start]` to `bytes[end - 1]`, without its line feed. `number` counts from 1, including blank
 * lines. Returns `true` to pause.
 */
export type LineReader = (bytes: Uint8Array, start: number, end: number, number: number) => boolean;

const lineFeed = 0x0a;
const byteOrderMark = [0xef, 0xbb, 0xbf] as const;

/** Splits chunks of bytes into lines, wherever the chunks end, and leaves out blank lines. */
export class Lines {
  readonly #file: string;
  readonly #longest: number;
  readonly #read: LineReader;
  /** The beginning of a line whose end has not arrived yet. */
  #pending: Uint8Array[] = [];
  #pendingBytes = 0;
  #number = 0;

  /** Lines longer than `longest` bytes are refused. */
  constructor(file: string, longest: number, read: LineReader) {
    this.#file = file;
    this.#longest = longest;
    this.#read = read;
  }

  /**
   * Reads a chunk's lines from `from` on, until the reader returns `true` to pause. Returns where to continue, which is
   * the end of the chunk if there was no pause.
   */
  push(chunk: Uint8Array, from = 0): number {
    let start = from;
    while (start < chunk.length) {
      // Looked for here, since a call for each of millions of blank lines would take most of a minute.
      if (this.#pending.length === 0) {
        let at = start;
        while (isBlank(chunk[at])) at += 1;
        if (chunk[at] === lineFeed) {
          this.#number += 1;
          start = at + 1;
          continue;
        }
      }
      const end = chunk.indexOf(lineFeed, start);
      if (end < 0) {
        this.#keep(chunk.subarray(start));
        return chunk.length;
      }
      const line = chunk.subarray(start, end);
      const pause = this.#pending.length === 0 ? this.#line(chunk, start, end) : this.#joined(line);
      start = end + 1;
      if (pause) return start;
    }
    return start;
  }

  /** Reads the last line, which may lack a line feed. */
  end(): void {
    if (this.#pending.length > 0) this.#joined(new Uint8Array(0));
  }

  #keep(piece: Uint8Array): void {
    this.#pending.push(piece);
    this.#pendingBytes += piece.length;
    if (this.#pendingBytes <= this.#longest) return;
    const size = (this.#longest / 2 ** 20).toPrecision(3);
    const problem = `found a line of more than ${size} MiB, expected lines of text that fit in --memory`;
    throw new DataError(this.#file, this.#number + 1, 1, problem);
  }

  #joined(last: Uint8Array): boolean {
    const line = new Uint8Array(this.#pendingBytes + last.length);
    let offset = 0;
    for (const piece of [...this.#pending, last]) {
      line.set(piece, offset);
      offset += piece.length;
    }
    this.#pending = [];
    this.#pendingBytes = 0;
    return this.#line(line, 0, line.length);
  }

  #line(bytes: Uint8Array, from: number, end: number): boolean {
    this.#number += 1;
    const marked = this.#number === 1 && byteOrderMark.every((byte, i) => bytes[from + i] === byte);
    const start = marked ? from + byteOrderMark.length : from;
    let at = start;
    while (at < end && isBlank(bytes[at])) at += 1;
    return at < end && this.#read(bytes, start, end, this.#number);
  }
}
