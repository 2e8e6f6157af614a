import { comma, semicolon } from './fields.ts';
import { isBlank, lineFeed, quote, tab } from './text.ts';

/** A file may begin with it, and then with a quote. */
const byteOrderMark: ReadonlySet<number> = new Set([0xef, 0xbb, 0xbf]);

/** Where in a row of CSV the bytes so far end. */
type State = 'row' | 'cell' | 'plain' | 'quoted' | 'quote';

/** Finds where rows of CSV end: at a line feed that is not in a quoted cell, wherever the chunks end. */
export class Records {
  /** What separates cells; until it is known, each of the three may. */
  delimiter: number | undefined;
  /** Before a row, before a cell, in a plain cell, in a quoted cell, or behind a quote in a quoted cell. */
  #state: State = 'row';
  #bytes: Uint8Array | undefined;
  /** The first quote in `#bytes` that may matter. */
  #quote = 0;

  /** The position of the next row's end, or -1 if it comes with a later chunk. */
  end(bytes: Uint8Array, from: number): number {
    // Most files have no quotes. In them, this is one fast search for each row, and one for each chunk.
    if (this.#state === 'row') {
      const end = bytes.indexOf(lineFeed, from);
      if (end >= 0 && this.#nextQuote(bytes, from) > end) return end;
      this.#state = 'cell';
    }
    for (let at = from; at < bytes.length; at += 1) {
      const byte = bytes[at] ?? 0;
      if (byte === lineFeed && this.#state !== 'quoted') {
        this.#state = 'row';
        return at;
      }
      this.#state = this.#after(byte);
    }
    return -1;
  }

  #after(byte: number): State {
    switch (this.#state) {
      case 'quoted':
        return byte === quote ? 'quote' : 'quoted';
      case 'quote':
        if (byte === quote) return 'quoted';
        return this.#separates(byte) ? 'cell' : 'plain';
      default:
        if (this.#separates(byte)) return 'cell';
        if (this.#state === 'plain') return 'plain';
        if (byte === quote) return 'quoted';
        return isBlank(byte) || byteOrderMark.has(byte) ? 'cell' : 'plain';
    }
  }

  #separates(byte: number): boolean {
    if (this.delimiter !== undefined) return byte === this.delimiter;
    return byte === comma || byte === semicolon || byte === tab;
  }

  #nextQuote(bytes: Uint8Array, from: number): number {
    if (this.#bytes !== bytes || this.#quote < from) {
      const found = bytes.indexOf(quote, from);
      this.#quote = found < 0 ? bytes.length : found;
      this.#bytes = bytes;
    }
    return this.#quote;
  }
}
