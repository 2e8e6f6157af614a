import { DataError } from '../errors.ts';
import { isBlank, lineFeed, quote } from './text.ts';

/**
 * Receives one line: `bytes[start]` to `bytes[end - 1]`, without its line feed. `number` counts from 1, including blank
 * lines. A line of CSV goes on where a line feed is in a quoted cell; `number` is that of its beginning. Returns `true`
 * to pause.
 */
export type LineReader = (bytes: Uint8Array, start: number, end: number, number: number) => boolean;

/** The position of the line feed that ends a line that continues at `from`; -1 if it comes with a later chunk. */
export type EndFinder = (bytes: Uint8Array, from: number) => number;

/** Every line feed ends a line. */
export const nextLineFeed: EndFinder = (bytes, from) => bytes.indexOf(lineFeed, from);

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
  readonly #endOf: EndFinder;

  /** Lines longer than `longest` bytes are refused. */
  constructor(file: string, longest: number, read: LineReader, endOf: EndFinder = nextLineFeed) {
    this.#file = file;
    this.#longest = longest;
    this.#read = read;
    this.#endOf = endOf;
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
      const end = this.#endOf(chunk, start);
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
    const isQuoted = this.#pending.some((bytes) => bytes.includes(quote));
    const hint = isQuoted ? ' (is a closing quote missing in it?)' : '';
    const problem = `found a line of more than ${size} MiB, expected lines of text that fit in --memory${hint}`;
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
    const number = this.#number + 1;
    this.#number = number;
    for (let at = bytes.indexOf(lineFeed, from); at >= 0 && at < end; at = bytes.indexOf(lineFeed, at + 1)) {
      this.#number += 1;
    }
    const marked = number === 1 && byteOrderMark.every((byte, i) => bytes[from + i] === byte);
    const start = marked ? from + byteOrderMark.length : from;
    let at = start;
    while (at < end && isBlank(bytes[at])) at += 1;
    return at < end && this.#read(bytes, start, end, number);
  }
}
