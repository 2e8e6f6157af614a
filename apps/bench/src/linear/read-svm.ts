import type { SparseMatrix } from '@asgd/linear';
import type { LabelledRows } from './problem.ts';

const [newline, space, plus, minus, point, colon, zero] = [10, 32, 43, 45, 46, 58, 48];

/** Powers of ten that are exact: a whole number below 2^53 divided by one of these is rounded once. */
const powers = Float64Array.from({ length: 23 }, (_, exponent) => Number(`1e${exponent}`));

/** Reads what `writeRows` writes: LIBSVM's format, numbers without exponents. */
export function readSvm(bytes: Uint8Array, features: number): LabelledRows {
  let cells = 0;
  let count = 0;
  for (const byte of bytes) {
    if (byte === colon) cells++;
    else if (byte === newline) count++;
  }
  const data = new Float64Array(cells);
  const indices = new Uint32Array(cells);
  const indptr = new Uint32Array(count + 1);
  const labels = new Int8Array(count);
  let at = 0;
  let cell = 0;
  const number = (): number => {
    let digits = 0;
    let decimals = 0;
    let isAfterPoint = false;
    const isNegative = bytes[at] === minus;
    if (isNegative || bytes[at] === plus) at++;
    for (; at < bytes.length; at++) {
      const byte = bytes[at] ?? 0;
      if (byte === point) {
        isAfterPoint = true;
        continue;
      }
      if (byte < zero || byte > zero + 9) break;
      digits = digits * 10 + (byte - zero);
      if (isAfterPoint) decimals++;
    }
    const value = digits / (powers[decimals] ?? NaN);
    return isNegative ? -value : value;
  };
  for (let row = 0; row < count; row++) {
    labels[row] = number();
    while (bytes[at] === space) {
      at++;
      indices[cell] = number() - 1;
      at++; // the colon
      data[cell++] = number();
    }
    if (bytes[at] !== newline) throw new Error(`Row ${row} is not in LIBSVM's format at byte ${at}.`);
    at++;
    indptr[row + 1] = cell;
  }
  const rows: SparseMatrix = { data, indices, indptr, shape: [count, features] };
  return { rows, labels };
}
