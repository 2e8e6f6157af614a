/// <reference path="./types.d.ts" />

// exp and log1p written out in additions, multiplications and divisions, which every engine and WebAssembly round alike.
// Math.exp and Math.log1p may differ in the last bit from one engine to the next, and one bit is enough to send two
// training runs apart.

import { powerOfTwo } from './power-of-two.ts';

/** The leading 32 bits of ln 2, so that k * LN2_HIGH is exact for every exponent k. */
const LN2_HIGH: f64 = 0.6931471803691238;
/** The rest of it. */
const LN2_LOW: f64 = 1.9082149292705877e-10;

/** e to the power x, within 2 ulp. */
export function exp(x: f64): f64 {
  if (!(x < 709.782712893384)) return x + Infinity; // which is NaN for NaN
  if (x < -745.1332191019412) return 0;
  const k = Math.floor(x * Math.LOG2E + 0.5);
  const r = x - k * LN2_HIGH - k * LN2_LOW; // at most half of ln 2
  // The series of e^r up to r^13 / 13!, in pairs of terms and pairs of pairs, so that few additions wait for others.
  const second = r * r;
  const fourth = second * second;
  const from2: f64 = 0.5 + r * (1 / 6) + (1 / 24 + r * (1 / 120)) * second;
  const from6: f64 = 1 / 720 + r * (1 / 5040) + (1 / 40_320 + r * (1 / 362_880)) * second;
  const from10: f64 =
    1 / 3_628_800 + r * (1 / 39_916_800) + (1 / 479_001_600 + r * (1 / 6_227_020_800)) * second;
  const sum = 1 + (r + (from2 + (from6 + from10 * fourth) * fourth) * second);
  // In two factors: 2^1024 is out of range while the result may not be.
  const exponent = k as i32;
  const half = exponent >> 1;
  return sum * powerOfTwo(half) * powerOfTwo(exponent - half);
}

/** The natural logarithm of 1 + x for x from 0 to 1, within 4 ulp. */
export function log1p(x: f64): f64 {
  if (x < 0.4142135623730951) return logarithmOfRatio(x / (2 + x));
  return log(1 + x);
}

/** The natural logarithm of x from 1 up, within 4 ulp. */
export function log(x: f64): f64 {
  if (!(x < Infinity)) return x;
  let mantissa = x;
  let exponent: f64 = 0;
  while (mantissa > 4_294_967_296) {
    mantissa /= 4_294_967_296;
    exponent += 32;
  }
  while (mantissa > Math.SQRT2) {
    mantissa /= 2;
    exponent += 1;
  }
  return exponent * LN2_HIGH + (exponent * LN2_LOW + logarithmOfRatio((mantissa - 1) / (mantissa + 1)));
}

/** log((1 + s) / (1 - s)) = 2 (s + s^3/3 + s^5/5 + …), for |s| up to 0.18, in pairs of terms likewise. */
function logarithmOfRatio(s: f64): f64 {
  const second = s * s;
  const fourth = second * second;
  const eighth = fourth * fourth;
  const from3: f64 = 1 / 3 + second * (1 / 5) + (1 / 7 + second * (1 / 9)) * fourth;
  const from11: f64 = 1 / 11 + second * (1 / 13) + (1 / 15 + second * (1 / 17)) * fourth;
  const from19: f64 = 1 / 19 + second * (1 / 21) + fourth * (1 / 23);
  const sum = from3 + (from11 + from19 * eighth) * eighth;
  return 2 * s + 2 * s * (sum * second);
}
