/** The 16-bit dtypes. Not every JavaScript engine has arrays for them, so their values are kept in a Float32Array. */
export type HalfDType = 'float16' | 'bfloat16';

const infinity32 = 0x7f800000;

/** Exact: every float16 and bfloat16, NaN included, is one float32. */
export function widen(halves: Uint16Array, dtype: HalfDType): Float32Array<ArrayBuffer> {
  const words = new Uint32Array(halves.length);
  const word = dtype === 'bfloat16' ? (half: number): number => half << 16 : wordOfFloat16;
  for (let i = 0; i < halves.length; i++) words[i] = word(halves[i] as number);
  return new Float32Array(words.buffer);
}

/** Rounds to nearest, ties to even. Narrowing undoes `widen` exactly. */
export function narrow(values: Float32Array, dtype: HalfDType): Uint16Array<ArrayBuffer> {
  const words = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const halves = new Uint16Array(values.length);
  const half = dtype === 'bfloat16' ? bfloat16OfWord : float16OfWord;
  for (let i = 0; i < words.length; i++) halves[i] = half(words[i] as number);
  return halves;
}

/**
 * Converts to float32 with an odd last bit for every value that is not exact. Such a number never lies halfway between
 * two 16-bit numbers, so narrowing it then rounds once, as if from the value itself.
 */
export function toOdd(values: Float32Array | Float64Array): Float32Array {
  if (values instanceof Float32Array) return values;
  const rounded = Float32Array.from(values);
  const words = new Uint32Array(rounded.buffer);
  values.forEach((value, i) => {
    const near = rounded[i] as number;
    if (near === value || Number.isNaN(value)) return;
    const cut = (words[i] as number) - (Math.abs(near) > Math.abs(value) ? 1 : 0);
    words[i] = cut | 1;
  });
  return rounded;
}

function wordOfFloat16(half: number): number {
  const sign = (half & 0x8000) << 16;
  const exponent = (half >>> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0x1f) return sign | infinity32 | (fraction << 13);
  // The exponents' biases are 15 and 127.
  if (exponent !== 0) return sign | ((exponent + 112) << 23) | (fraction << 13);
  if (fraction === 0) return sign;
  // A subnormal: its first bit becomes the hidden one.
  const shift = Math.clz32(fraction) - 21;
  return sign | ((113 - shift) << 23) | (((fraction << shift) & 0x3ff) << 13);
}

function float16OfWord(word: number): number {
  const sign = (word >>> 16) & 0x8000;
  const magnitude = word & 0x7fffffff;
  if (magnitude > infinity32) return sign | 0x7c00 | nanFraction((magnitude >>> 13) & 0x3ff, 0x200);
  const exponent = (magnitude >>> 23) - 112;
  if (exponent >= 0x1f) return sign | 0x7c00;
  // A carry out of the fraction raises the exponent, up to infinity, as it should.
  if (exponent > 0) {
    return sign | (((exponent << 10) | ((magnitude >>> 13) & 0x3ff)) + roundUp(magnitude, 13));
  }
  // Below 2^-25 all rounds to zero; 2^-25 itself is a tie, whose even side is zero too.
  if (exponent < -10) return sign;
  const significand = (magnitude & 0x7fffff) | 0x800000;
  const shift = 14 - exponent;
  return sign | ((significand >>> shift) + roundUp(significand, shift));
}

function bfloat16OfWord(word: number): number {
  const half = word >>> 16;
  if ((word & 0x7fffffff) > infinity32) return (half & 0xff80) | nanFraction(half & 0x7f, 0x40);
  return half + roundUp(word, 16);
}

/** If the fraction of a NaN were only cut off, it might become zero, which means infinity. */
function nanFraction(fraction: number, quiet: number): number {
  return fraction === 0 ? quiet : fraction;
}

/** 1 if dropping the lowest `bits` has to round up, else 0. */
function roundUp(word: number, bits: number): 0 | 1 {
  const rest = word & ((1 << bits) - 1);
  const half = 1 << (bits - 1);
  const isOdd = ((word >>> bits) & 1) === 1;
  return rest > half || (rest === half && isOdd) ? 1 : 0;
}
