import type { Summary } from './statistics.ts';

/** Three significant digits, without an exponent: `0.982`, `14.1`, `1230`. */
export function significant(value: number): string {
  if (value === 0 || !Number.isFinite(value)) return String(value);
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))));
  return value.toFixed(Math.min(digits, 6));
}

/** A ratio, of which the third digit says nothing: `0.98`, `1.35`, `14.1`, `230`. */
export function ratio(value: number): string {
  if (value >= 99.95) return value.toFixed(0);
  return value.toFixed(value >= 9.995 ? 1 : 2);
}

/** Milliseconds in the unit that suits them: `2.43 ms`, `9.87 µs`, `1.70 s`. */
export function duration(milliseconds: number): string {
  if (milliseconds >= 1000) return `${significant(milliseconds / 1000)} s`;
  if (milliseconds >= 1) return `${significant(milliseconds)} ms`;
  return `${significant(milliseconds * 1000)} µs`;
}

/** Bytes moved in so many milliseconds: `8.63 GB/s`. */
export function bandwidth(bytes: number, milliseconds: number): string {
  return `${significant(bytes / milliseconds / 1e6)} GB/s`;
}

/** The median ratio and, in parentheses, the quartiles: `1.04 (1.02–1.07)`. */
export function spread(summary: Pick<Summary, 'median' | 'lower' | 'upper'>): string {
  return `${ratio(summary.median)} (${quartiles(summary)})`;
}

/** `1.02–1.07`. */
export function quartiles({ lower, upper }: Pick<Summary, 'lower' | 'upper'>): string {
  return `${ratio(lower)}–${ratio(upper)}`;
}

/** `1 processor`, `2 processors`. */
export function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}
