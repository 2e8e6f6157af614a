// Text as bytes. A file of numbers is read many times, and making strings of it would take most of the time.

export const tab = 0x09;
export const lineFeed = 0x0a;
export const carriageReturn = 0x0d;
const space = 0x20;
export const quote = 0x22;
export const hash = 0x23;
export const plus = 0x2b;
export const minus = 0x2d;
export const point = 0x2e;
export const zero = 0x30;
const nine = 0x39;
export const colon = 0x3a;

const decoder = new TextDecoder();
const longestShown = 32;

export function isBlank(byte: number | undefined): boolean {
  return byte === space || byte === tab || byte === carriageReturn;
}

export function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= zero && byte <= nine;
}

export function textOf(bytes: Uint8Array, start: number, end: number): string {
  return decoder.decode(bytes.subarray(start, end));
}

/** A piece of text for a message: in quotes, with control characters escaped, cut if it is long. */
export function shown(bytes: Uint8Array, start: number, end: number): string {
  const text = textOf(bytes, start, Math.min(end, start + 4 * longestShown));
  return JSON.stringify(text.length > longestShown ? `${text.slice(0, longestShown)}…` : text);
}

/** The line, from 0, and the column, from 1 and in characters, of the byte at `position` in a row from `start` on. */
export function placeIn(
  bytes: Uint8Array,
  start: number,
  position: number,
): { line: number; column: number } {
  const lines = textOf(bytes, start, position).split('\n');
  return { line: lines.length - 1, column: (lines.at(-1) ?? '').length + 1 };
}
