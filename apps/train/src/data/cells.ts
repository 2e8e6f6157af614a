import { isBlank, quote, shown, tab, textOf } from './text.ts';

/** One cell of a line: its bytes without the blanks and the quotes around it. */
export class Cell {
  start = 0;
  end = 0;

  text(bytes: Uint8Array): string {
    return textOf(bytes, this.start, this.end).replaceAll('""', '"');
  }
}

const comma = 0x2c;
const semicolon = 0x3b;

/** Of comma, semicolon and tab the one that stands most often in a line, outside quotes. */
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
 * Cuts a line into `cells` (reused from line to line, so possibly more of them than the line has) and answers with
 * their number.
 */
export function cutCells(
  bytes: Uint8Array,
  start: number,
  end: number,
  delimiter: number,
  cells: Cell[],
  fail: (position: number, problem: string) => never,
): number {
  let count = 0;
  let at = start;
  for (;;) {
    const cell = (cells[count] ??= new Cell());
    count += 1;
    const from = skipBlanks(bytes, at, end, delimiter);
    if (bytes[from] === quote && from < end) {
      const close = closingQuote(bytes, from + 1, end);
      if (close < 0) {
        fail(from, `found ${shown(bytes, from, end)}, expected a closing quote on the same line`);
      }
      cell.start = from + 1;
      cell.end = close;
      at = skipBlanks(bytes, close + 1, end, delimiter);
      if (at < end && bytes[at] !== delimiter) {
        fail(at, `found ${shown(bytes, at, at + 1)} after a closing quote, expected the end of the cell`);
      }
    } else {
      cell.start = from;
      while (at < end && bytes[at] !== delimiter) at += 1;
      cell.end = Math.max(from, trimEnd(bytes, from, at));
    }
    if (at >= end) return count;
    at += 1;
  }
}

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
