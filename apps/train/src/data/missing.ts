import { textOf } from './text.ts';

/** What to do where a feature's value is missing: refuse it, or take the column's mean or 0 for it. */
export const missingPolicies = ['error', 'mean', 'zero'] as const;
export type MissingPolicy = (typeof missingPolicies)[number];

/** The longest of `NA`, `NaN` and `?`. */
const longest = 3;

/** Whether a cell has no value: it is empty, `?`, or `NA` or `NaN` in capitals or not. */
export function isMissing(bytes: Uint8Array, start: number, end: number): boolean {
  if (start === end) return true;
  return end - start <= longest && /^(?:\?|nan?)$/i.test(textOf(bytes, start, end));
}
