import type { RealDType } from '@asgd/core';

/** Fused multiply-add: the exact `a * b + c`, rounded once. The operands are numbers of the dtype. */
export function fma(dtype: RealDType, a: number, b: number, c: number): number {
  return dtype === 'float32' ? fma32(a, b, c) : fma64(a, b, c);
}

const float64 = new Float64Array(1);
const bits64 = new BigInt64Array(float64.buffer);

/**
 * In float32. A float64 holds the product exactly, but not always the sum. Rounding it to float64 and then to
 * float32 would round twice, and wrongly where the first rounding lands halfway between two float32 numbers.
 * Rounding the sum to odd instead keeps a trace of what was cut off, so that only the second rounding
 * counts (S. Boldo and G. Melquiond, "Emulation of FMA and correctly rounded sums: proved algorithms using
 * rounding to odd", 2008; it takes two bits more than the target, and float64 has 29).
 */
function fma32(a: number, b: number, c: number): number {
  const product = a * b;
  const sum = product + c;
  if (!Number.isFinite(sum)) return Math.fround(sum);
  // Knuth's two-sum: the part of the exact sum that rounding to float64 has cut off, itself exact.
  const addend = sum - product;
  const error = product - (sum - addend) + (c - addend);
  if (error === 0) return Math.fround(sum);
  float64[0] = sum;
  const bits = bits64[0] as bigint;
  if (bits % 2n === 0n) {
    bits64[0] = bits + (error > 0 === sum > 0 ? 1n : -1n);
  }
  return Math.fround(float64[0]);
}

/** In float64, which has no wider type: with big integers. */
function fma64(a: number, b: number, c: number): number {
  if (!Number.isFinite(a) || !Number.isFinite(b)) return a * b + c;
  // The product of finite numbers is finite, even where a * b would overflow.
  if (!Number.isFinite(c)) return c;
  // Here the product is exact, and the signs of zeros are those of the sum.
  if (a === 0 || b === 0) return a * b + c;
  const [left, right, addend] = [split(a), split(b), split(c)];
  const product = {
    significand: left.significand * right.significand,
    exponent: left.exponent + right.exponent,
  };
  const exponent = Math.min(product.exponent, addend.exponent);
  const align = (part: Split): bigint => part.significand << BigInt(part.exponent - exponent);
  return join(align(product) + align(addend), exponent);
}

/** `significand * 2 ** exponent`, exactly. */
interface Split {
  readonly significand: bigint;
  readonly exponent: number;
}

function split(value: number): Split {
  float64[0] = value;
  const bits = bits64[0] as bigint;
  const field = Number((bits >> 52n) & 0x7ffn);
  const fraction = bits & 0xfffffffffffffn;
  const magnitude = field === 0 ? fraction : fraction | (1n << 52n);
  return { significand: bits < 0n ? -magnitude : magnitude, exponent: Math.max(field, 1) - 1075 };
}

/** Rounds `integer * 2 ** exponent` to float64 once, ties to even. */
function join(integer: bigint, exponent: number): number {
  if (integer === 0n) return 0;
  const magnitude = integer < 0n ? -integer : integer;
  const sign = integer < 0n ? -1 : 1;
  // The exponent of the last place: 53 significant bits, or fewer where the number is subnormal.
  const last = Math.max(exponent + magnitude.toString(2).length - 53, -1074);
  if (last <= exponent) return sign * Number(magnitude << BigInt(exponent - last)) * 2 ** last;
  const shift = BigInt(last - exponent);
  const floor = magnitude >> shift;
  const rest = magnitude - (floor << shift);
  const half = 1n << (shift - 1n);
  const isUp = rest > half || (rest === half && floor % 2n === 1n);
  return sign * Number(isUp ? floor + 1n : floor) * 2 ** last;
}
