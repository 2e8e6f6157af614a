import { isDigit, minus, plus, point, textOf } from './text.ts';

const upperE = 0x45;
const lowerE = 0x65;
const zero = 0x30;

/** The powers of ten that are exact in float64. */
export const exactPowers: Float64Array = Float64Array.from({ length: 23 }, (_, exponent) =>
  Number(`1e${exponent}`),
);

/**
 * The number written in `bytes[start]` to `bytes[end - 1]` as a plain decimal (`-1.5e3`), correctly rounded to
 * float64; NaN for anything else (nothing, `inf`, `0x10`, `1,5`).
 */
export function parseNumber(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  const negative = bytes[at] === minus;
  if (negative || bytes[at] === plus) at += 1;

  let digits = 0; // all of them
  let significant = 0; // those after leading zeros
  let mantissa = 0;
  let exponent = 0;
  let fraction = false;
  for (; at < end; at += 1) {
    const byte = bytes[at] ?? 0;
    if (isDigit(byte)) {
      digits += 1;
      if (significant > 0 || byte !== zero) significant += 1;
      mantissa = mantissa * 10 + (byte - zero);
      if (fraction) exponent -= 1;
    } else if (byte === point && !fraction) fraction = true;
    else break;
  }
  if (digits === 0) return NaN;

  if (at < end) {
    if (bytes[at] !== lowerE && bytes[at] !== upperE) return NaN;
    const written = parseExponent(bytes, at + 1, end);
    if (Number.isNaN(written)) return NaN;
    exponent += written;
  }

  // Clinger 1990: with at most 15 digits and a power of ten up to 22 both are exact, so one operation rounds once.
  if (significant <= 15 && exponent >= -22 && exponent <= 22) {
    const power = exactPowers[Math.abs(exponent)] ?? NaN;
    const size = exponent < 0 ? mantissa / power : mantissa * power;
    return negative ? -size : size;
  }
  return Number(textOf(bytes, start, end));
}

/** A whole number of one digit or more with an optional sign, else NaN. Beyond 9 digits its value no longer matters. */
function parseExponent(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  const negative = bytes[at] === minus;
  if (negative || bytes[at] === plus) at += 1;
  if (at >= end) return NaN;
  let value = 0;
  for (; at < end; at += 1) {
    if (!isDigit(bytes[at])) return NaN;
    value = Math.min(value * 10 + ((bytes[at] ?? 0) - zero), 1e9);
  }
  return negative ? -value : value;
}
