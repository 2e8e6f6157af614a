import { isBlank, quote, shown, tab, textOf } from './text.ts';

export const comma = 0x2c;
export const semicolon = 0x3b;

/** The one of comma, semicolon and tab that occurs most often in a line, outside quotes. */
export function sniffDelimiter(bytes: Uint8Array, start: number, end: number): number {
  const counts = new Map([comma, semicolon, tab].map((delimiter) => [delimiter, 0]));
  let quoted = false;
  for (let at = start; at < end; at += 1) {
    const byte = bytes[at] ?? 0;
    if (byte === quote) quoted = !quoted;
    const count = counts.get(byte);
    if (count !== undefined && !quoted) counts.set(byte, count + 1);
  }
  let best = comma;
  for (const [delimiter, count] of counts) if (count > (counts.get(best) ?? 0)) best = delimiter;
  return best;
}

/**
 * Goes through a line cell by cell. It remembers only one cell, so that a line with any number of cells takes no more
 * memory than its bytes.
 */
export class Fields {
  /** The range of the cell, without the blanks and the quotes around it. */
  start = 0;
  end = 0;
  #bytes: Uint8Array = new Uint8Array(0);
  #lineEnd = 0;
  #delimiter = 0;
  /** Where the next cell begins; beyond the end of the line if there is none. */
  #next = 1;
  #fail: Fail = () => undefined as never;

  /** Begins a line. */
  open(bytes: Uint8Array, start: number, end: number, delimiter: number, fail: Fail): void {
    this.#bytes = bytes;
    this.#lineEnd = end;
    this.#delimiter = delimiter;
    this.#next = start;
    this.#fail = fail;
  }

  /** Moves to the next cell. Returns whether there is one. */
  next(): boolean {
    const bytes = this.#bytes;
    const lineEnd = this.#lineEnd;
    const delimiter = this.#delimiter;
    if (this.#next > lineEnd) return false;
    const from = skipBlanks(bytes, this.#next, lineEnd, delimiter);
    let at = from;
    if (bytes[from] === quote && from < lineEnd) {
      const close = closingQuote(bytes, from + 1, lineEnd);
      if (close < 0) {
        this.#fail(from, `found ${shown(bytes, from, lineEnd)}, expected a closing quote`);
      }
      this.start = from + 1;
      this.end = close;
      at = skipBlanks(bytes, close + 1, lineEnd, delimiter);
      if (at < lineEnd && bytes[at] !== delimiter) {
        this.#fail(
          at,
          `found ${shown(bytes, at, at + 1)} after a closing quote, expected the end of the cell`,
        );
      }
    } else {
      while (at < lineEnd && bytes[at] !== delimiter) at += 1;
      this.start = from;
      this.end = trimEnd(bytes, from, at);
    }
    this.#next = at + 1;
    return true;
  }

  text(): string {
    return textOf(this.#bytes, this.start, this.end).replaceAll('""', '"');
  }
}

/** Refuses the text at a position. */
export type Fail = (position: number, problem: string) => never;

function skipBlanks(bytes: Uint8Array, from: number, end: number, delimiter: number): number {
  let at = from;
  while (at < end && isBlank(bytes[at]) && bytes[at] !== delimiter) at += 1;
  return at;
}

function trimEnd(bytes: Uint8Array, start: number, end: number): number {
  let at = end;
  while (at > start && isBlank(bytes[at - 1])) at -= 1;
  return at;
}

/** A quote inside a quoted cell is doubled (RFC 4180). */
function closingQuote(bytes: Uint8Array, from: number, end: number): number {
  for (let at = from; at < end; at += 1) {
    if (bytes[at] !== quote) continue;
    if (at + 1 < end && bytes[at + 1] === quote) at += 1;
    else return at;
  }
  return -1;
}
