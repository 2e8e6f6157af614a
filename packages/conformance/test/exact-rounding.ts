// Rational arithmetic and one rounding, from first principles: slow, and unlike anything in src.

/** A rational number whose denominator is a power of two, as every finite float is. */
export interface Dyadic {
  readonly numerator: bigint;
  /** The exponent of the denominator, a power of 2. */
  readonly scale: number;
}

export function dyadic(value: number): Dyadic {
  let numerator = value;
  let scale = 0;
  while (!Number.isInteger(numerator)) {
    // Doubling is exact except at the top of the range, where every number is an integer.
    numerator *= 2;
    scale++;
  }
  return { numerator: BigInt(numerator), scale };
}

export function multiply(a: Dyadic, b: Dyadic): Dyadic {
  return { numerator: a.numerator * b.numerator, scale: a.scale + b.scale };
}

export function add(a: Dyadic, b: Dyadic): Dyadic {
  const scale = Math.max(a.scale, b.scale);
  return { numerator: at(a, scale) + at(b, scale), scale };
}

function at({ numerator, scale }: Dyadic, finer: number): bigint {
  return numerator * 2n ** BigInt(finer - scale);
}

/** Significant bits, and the exponent of the smallest subnormal number. */
const formats = {
  float32: { bits: 24, least: -149, most: 2 ** 127 * (2 - 2 ** -23) },
  float64: { bits: 53, least: -1074, most: Number.MAX_VALUE },
};

/**
 * The float of the dtype that is nearest to a rational other than 0, ties to even: found by trying
 * exponents upwards until the digits fit, and comparing the two neighbors.
 */
export function nearest(dtype: 'float32' | 'float64', exact: Dyadic): number {
  const { bits, least, most } = formats[dtype];
  const isNegative = exact.numerator < 0n;
  const magnitude = { ...exact, numerator: isNegative ? -exact.numerator : exact.numerator };
  const digits = magnitude.numerator.toString(2).length;
  let exponent = Math.max(least, digits - magnitude.scale - bits - 2);
  while (floorAt(magnitude, exponent) >= 2n ** BigInt(bits)) exponent++;
  const below = floorAt(magnitude, exponent);
  const twiceRest = compareWithHalf(magnitude, exponent, below);
  const rounded = twiceRest > 0 || (twiceRest === 0 && below % 2n === 1n) ? below + 1n : below;
  const value = Number(rounded) * 2 ** exponent;
  const limited = value > most ? Infinity : value;
  return isNegative ? -limited : limited;
}

/** ⌊magnitude / 2^exponent⌋ */
function floorAt({ numerator, scale }: Dyadic, exponent: number): bigint {
  const shift = exponent + scale;
  return shift >= 0 ? numerator / 2n ** BigInt(shift) : numerator * 2n ** BigInt(-shift);
}

/** The sign of magnitude − (below + 1/2)·2^exponent. */
function compareWithHalf(magnitude: Dyadic, exponent: number, below: bigint): number {
  const half = { numerator: -(2n * below + 1n), scale: 1 };
  const shifted =
    exponent >= 0
      ? { numerator: half.numerator * 2n ** BigInt(exponent), scale: half.scale }
      : { numerator: half.numerator, scale: half.scale - exponent };
  const { numerator } = add(magnitude, shifted);
  if (numerator === 0n) return 0;
  return numerator > 0n ? 1 : -1;
}
