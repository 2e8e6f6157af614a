// exp and log, made of additions, multiplications and divisions, which every engine rounds alike. Math.exp and Math.log
// may differ in the last bit between engines or machines, and one bit is enough to make two training runs diverge.

const ln2High = 0.6931471803691238; // the leading 32 bits of ln 2, so that k * ln2High is exact for every exponent k
const ln2Low = 1.9082149292705877e-10; // the rest of it

/** 1/n!, from 1/14! down to 1/0!. */
const exponentialSeries: Float64Array = inverseFactorials(14);

/** 2^k for k from -1074 to 1023, made by exact halving and doubling. */
const powersOfTwo: Float64Array = makePowersOfTwo();

/** e to the power x. */
export function exp(x: number): number {
  if (Number.isNaN(x)) return NaN;
  if (x >= 709.782712893384) return Infinity;
  if (x < -745.1332191019412) return 0;
  const k = Math.round(x / Math.LN2);
  const r = x - k * ln2High - k * ln2Low; // at most half of ln 2
  let sum = 0;
  for (let i = 0; i < exponentialSeries.length; i += 1) sum = sum * r + (exponentialSeries[i] ?? 0);
  // In two factors, because 2^1024 is out of range while the result may not be.
  const half = k >> 1;
  return sum * powerOfTwo(half) * powerOfTwo(k - half);
}

/** The natural logarithm of 1 + x, exact in relative terms for small x; x must be at least 0. */
export function log1p(x: number): number {
  if (!(x >= 0)) return NaN;
  if (x === Infinity) return Infinity;
  if (x < 0.4142135623730951) return logarithmOfRatio(x / (2 + x));
  let mantissa = 1 + x;
  let exponent = 0;
  while (mantissa > 2 ** 32) {
    mantissa /= 2 ** 32;
    exponent += 32;
  }
  while (mantissa > Math.SQRT2) {
    mantissa /= 2;
    exponent += 1;
  }
  return exponent * ln2High + (exponent * ln2Low + logarithmOfRatio((mantissa - 1) / (mantissa + 1)));
}

/** log((1 + s) / (1 - s)) = 2 (s + s^3/3 + s^5/5 + ...), for |s| up to 0.18. */
function logarithmOfRatio(s: number): number {
  const square = s * s;
  let sum = 0;
  for (let odd = 23; odd >= 3; odd -= 2) sum = sum * square + 1 / odd;
  return 2 * s + 2 * s * (sum * square);
}

function powerOfTwo(exponent: number): number {
  return powersOfTwo[exponent + 1074] ?? NaN;
}

function inverseFactorials(largest: number): Float64Array {
  const terms = new Float64Array(largest + 1);
  let factorial = 1;
  for (let n = 0; n <= largest; n += 1) {
    if (n > 0) factorial *= n;
    terms[largest - n] = 1 / factorial;
  }
  return terms;
}

function makePowersOfTwo(): Float64Array {
  const powers = new Float64Array(2098);
  let power = 1;
  for (let k = 0; k <= 1023; k += 1, power *= 2) powers[k + 1074] = power;
  power = 0.5;
  for (let k = -1; k >= -1074; k -= 1, power /= 2) powers[k + 1074] = power;
  return powers;
}
