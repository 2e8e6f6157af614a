import { DataError } from '../errors.ts';

/** Receives one line: `bytes[start]` to `bytes[end - 1]`, without its line feed; `number` counts from 1. */
export type LineReader = (bytes: Uint8Array, start: number, end: number, number: number) => void;

/** A row must fit in memory; a longer line is no row of numbers. */
const longestLine = 2 ** 28;

const lineFeed = 0x0a;
const byteOrderMark = [0xef, 0xbb, 0xbf] as const;

/** Cuts chunks of bytes into lines, wherever the chunks were cut. */
export class Lines {
  readonly #file: string;
  readonly #read: LineReader;
  /** The beginning of a line whose end has not come yet. */
  #pending: Uint8Array[] = [];
  #pendingBytes = 0;
  #number = 0;

  constructor(file: string, read: LineReader) {
    this.#file = file;
    this.#read = read;
  }

  push(chunk: Uint8Array): void {
    let start = 0;
    for (let end = chunk.indexOf(lineFeed); end >= 0; end = chunk.indexOf(lineFeed, start)) {
      if (this.#pending.length === 0) this.#line(chunk, start, end);
      else this.#joined(chunk.subarray(start, end));
      start = end + 1;
    }
    if (start < chunk.length) this.#keep(chunk.subarray(start));
  }

  /** The last line need not end in a line feed. */
  end(): void {
    if (this.#pending.length > 0) this.#joined(new Uint8Array(0));
  }

  #keep(piece: Uint8Array): void {
    this.#pending.push(piece);
    this.#pendingBytes += piece.length;
    if (this.#pendingBytes <= longestLine) return;
    const problem = `a line of more than ${longestLine / 2 ** 20} MiB: lines of text were expected`;
    throw new DataError(this.#file, this.#number + 1, 1, problem);
  }

  #joined(last: Uint8Array): void {
    const line = new Uint8Array(this.#pendingBytes + last.length);
    let offset = 0;
    for (const piece of [...this.#pending, last]) {
      line.set(piece, offset);
      offset += piece.length;
    }
    this.#pending = [];
    this.#pendingBytes = 0;
    this.#line(line, 0, line.length);
  }

  #line(bytes: Uint8Array, start: number, end: number): void {
    this.#number += 1;
    const marked = this.#number === 1 && byteOrderMark.every((byte, i) => bytes[start + i] === byte);
    this.#read(bytes, marked ? start + byteOrderMark.length : start, end, this.#number);
  }
}
