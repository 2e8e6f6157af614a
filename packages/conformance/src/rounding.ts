import type { DType, RealArray, RealDType } from '@asgd/core';

/** The dtype of the reals in the elements of a dtype. */
export function realOf(dtype: DType): RealDType {
  return dtype === 'float32' || dtype === 'complex64' ? 'float32' : 'float64';
}

/** Reals in one element of a dtype. */
export function lanesOf(dtype: DType): 1 | 2 {
  return dtype === 'complex64' || dtype === 'complex128' ? 2 : 1;
}

/** Rounds once to the dtype, ties to even. */
export function roundTo(dtype: RealDType, value: number): number {
  return dtype === 'float32' ? Math.fround(value) : value;
}

/** `length` zeros of the dtype. */
export function zeros(dtype: RealDType, length: number): RealArray {
  return dtype === 'float32' ? new Float32Array(length) : new Float64Array(length);
}

/** Whether two arrays of the same dtype and length hold the same bits. */
export function haveSameBits(a: RealArray, b: RealArray): boolean {
  const [left, right] = [wordsOf(a), wordsOf(b)];
  for (let index = 0; index < left.length; index++) if (left[index] !== right[index]) return false;
  return left.length === right.length;
}

function wordsOf({ buffer, byteOffset, byteLength }: RealArray): Int32Array {
  return new Int32Array(buffer, byteOffset, byteLength / 4);
}

/** Below this magnitude, numbers of the dtype are subnormal. */
export const smallestNormal: Readonly<Record<RealDType, number>> = {
  float32: 2 ** -126,
  float64: 2 ** -1022,
};

const bytes = new DataView(new ArrayBuffer(8));

/**
 * The distance from a number's magnitude to the next larger one of the dtype: its unit in the last place.
 * A number that the dtype does not hold counts as the next smaller one that it does.
 */
export function ulpOf(dtype: RealDType, value: number): number {
  if (!Number.isFinite(value)) return Number.NaN;
  bytes.setFloat64(0, value);
  const exponent = Math.max((bytes.getUint16(0) >> 4) & 0x7ff, 1) - 1023;
  return dtype === 'float32' ? 2 ** (Math.max(exponent, -126) - 23) : 2 ** (exponent - 52);
}
