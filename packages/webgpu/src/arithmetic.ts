// WGSL promises little accuracy for division, logarithms and powers, and does not have float64. So the schedule is computed
// in integers. A number has a mantissa of 64 bits and an exponent. It is rounded to the 53 bits of float64 where the host
// rounds, and to float32 at the end. Every device gives the same bits.

/** The exponent of 0, below that of every other number. */
const exponentOfZero = -0x10000;

/** The exponent of infinity, above that of every other number. */
const exponentOfInfinity = 0x1000;

/** A number that is not negative, in the three words of a `Wide` in the shader. */
export function wideOf(value: number): readonly [high: number, low: number, e: number] {
  if (value === 0) return [0, 0, exponentOfZero];
  if (value === Infinity) return [0x80000000, 0, exponentOfInfinity];
  const isSubnormal = value < 2 ** -1022;
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, isSubnormal ? value * 2 ** 64 : value);
  const [high, low] = [view.getUint32(0), view.getUint32(4)];
  const e = (high >>> 20) - 1023 - (isSubnormal ? 64 : 0);
  return [(((high & 0xfffff) | 0x100000) << 11) | (low >>> 21), low << 11, e];
}

/**
 * `Wide` in WGSL, and the operations that the schedule needs. Where an operation drops bits, it sets the last bit. So a
 * number is never taken for a tie, and stays on its side of one, when it is rounded later.
 */
export const arithmetic: string = /* wgsl */ `
struct Wide { m: vec2u, e: i32 } // (m.x * 2^32 + m.y) * 2^(e - 63); m.x has its top bit set, or all is 0
const top = vec2u(0x80000000u, 0u);
const one = Wide(top, 0);
const zero = Wide(vec2u(), ${exponentOfZero});
const infinity = 0x7f800000u;
const nan = 0x7fc00000u;

fn mul32(a: u32, b: u32) -> vec2u { // high, low
  let low = (a & 0xffffu) * (b & 0xffffu);
  let middle = (a >> 16u) * (b & 0xffffu) + (low >> 16u);
  let other = (a & 0xffffu) * (b >> 16u) + (middle & 0xffffu);
  return vec2u((a >> 16u) * (b >> 16u) + (middle >> 16u) + (other >> 16u), (other << 16u) | (low & 0xffffu));
}

fn add64(a: vec2u, b: vec2u) -> vec2u {
  let low = a.y + b.y;
  return vec2u(a.x + b.x + select(0u, 1u, low < b.y), low);
}

fn sub64(a: vec2u, b: vec2u) -> vec2u {
  return vec2u(a.x - b.x - select(0u, 1u, a.y < b.y), a.y - b.y);
}

fn less64(a: vec2u, b: vec2u) -> bool {
  return a.x < b.x || (a.x == b.x && a.y < b.y);
}

fn left(a: vec2u, by: u32) -> vec2u { // by less than 64
  let words = select(a, vec2u(a.y, 0u), by > 31u);
  let rest = by & 31u;
  if (rest == 0u) { return words; }
  return vec2u((words.x << rest) | (words.y >> (32u - rest)), words.y << rest);
}

fn right(a: vec2u, by: u32) -> vec2u {
  if (by > 63u) { return vec2u(0u, select(0u, 1u, (a.x | a.y) != 0u)); }
  var words = select(a, vec2u(0u, a.x), by > 31u);
  let rest = by & 31u;
  if (rest != 0u) { words = vec2u(words.x >> rest, (words.y >> rest) | (words.x << (32u - rest))); }
  return vec2u(words.x, words.y | select(0u, 1u, any(left(words, by) != a)));
}

fn wide(m: vec2u, e: i32) -> Wide { // m * 2^(e - 63)
  if ((m.x | m.y) == 0u) { return zero; }
  let by = select(countLeadingZeros(m.x), 32u + countLeadingZeros(m.y), m.x == 0u);
  return Wide(left(m, by), e - i32(by));
}

fn less(a: Wide, b: Wide) -> bool {
  return a.e < b.e || (a.e == b.e && less64(a.m, b.m));
}

fn plus(a: Wide, b: Wide) -> Wide {
  if (less(a, b)) { return sum(b, a); }
  return sum(a, b);
}

fn sum(a: Wide, b: Wide) -> Wide { // a is not less
  let m = add64(a.m, right(b.m, u32(a.e - b.e)));
  if (!less64(m, a.m)) { return Wide(m, a.e); }
  return Wide(right(m, 1u) | top, a.e + 1);
}

fn minus(a: Wide, b: Wide) -> Wide { // a is not less
  return wide(sub64(a.m, right(b.m, u32(a.e - b.e))), a.e);
}

fn product(a: Wide, b: Wide) -> Wide {
  if (a.m.x == 0u || b.m.x == 0u) { return zero; }
  let lowest = mul32(a.m.y, b.m.y);
  let crossed = add64(mul32(a.m.x, b.m.y), vec2u(0u, lowest.x));
  let other = mul32(a.m.y, b.m.x);
  let middle = crossed.y + other.y;
  let carry = add64(vec2u(0u, crossed.x), vec2u(0u, other.x));
  let high = add64(add64(mul32(a.m.x, b.m.x), carry), vec2u(0u, select(0u, 1u, middle < other.y)));
  let isLeading = (high.x >> 31u) == 1u;
  let m = select(left(high, 1u) | vec2u(0u, middle >> 31u), high, isLeading);
  let lost = select(middle << 1u, middle, isLeading) | lowest.y;
  return Wide(m | vec2u(0u, select(0u, 1u, lost != 0u)), a.e + b.e + select(0, 1, isLeading));
}

fn toDouble(a: Wide) -> Wide { // 53 bits, ties to even
  let rest = a.m.y & 0x7ffu;
  let m = vec2u(a.m.x, a.m.y - rest);
  if (rest + ((m.y >> 11u) & 1u) <= 0x400u) { return Wide(m, a.e); }
  let up = add64(m, vec2u(0u, 0x800u));
  if (up.x == 0u) { return Wide(top, a.e + 1); }
  return Wide(up, a.e);
}

fn fromFloat(bits: u32) -> Wide { // from 0, and finite
  let e = i32(bits >> 23u);
  if (e > 0) { return Wide(vec2u((bits << 8u) | top.x, 0u), e - 127); }
  return wide(vec2u(bits, 0u), -118);
}

fn toFloat(a: Wide) -> u32 { // ties to even
  if (a.e > 127) { return infinity; }
  let m = right(a.m, 38u + u32(max(0, -126 - a.e))).y; // with two bits more
  let rounded = (m >> 2u) + select(0u, 1u, (m & 3u) + ((m >> 2u) & 1u) > 2u);
  return rounded + select(0u, u32(a.e + 126) << 23u, a.e > -127);
}

fn oneMinus(a: Wide, b: Wide) -> u32 { // 1 - a * b in float64, as float32
  let p = toDouble(product(a, b));
  if (less(one, p)) { return toFloat(toDouble(minus(p, one))) | top.x; }
  return toFloat(toDouble(minus(one, p)));
}

fn reciprocal(a: Wide) -> Wide { // by long division
  if (all(a.m == top)) { return Wide(top, -a.e); }
  var rest = top;
  var m = vec2u();
  for (var i = 0; i < 64; i++) {
    let doubled = left(rest, 1u);
    let isMore = rest.x >= top.x || !less64(doubled, a.m);
    rest = select(doubled, sub64(doubled, a.m), isMore);
    m = left(m, 1u) | vec2u(0u, select(0u, 1u, isMore));
  }
  return Wide(m | vec2u(0u, select(0u, 1u, (rest.x | rest.y) != 0u)), -1 - a.e);
}

fn log2of(a: Wide) -> Wide { // of a number from 1, within 2^-45 of itself
  if (a.e == 0 && a.m.x < 0x80008000u) { // 1 + x, x below 2^-16: x - x^2/2 + x^3/3, over ln 2
    let x = minus(a, one);
    let square = product(x, x);
    let third = product(product(square, x), Wide(vec2u(0xaaaaaaaau, 0xaaaaaaabu), -2));
    let series = minus(plus(x, third), Wide(square.m, square.e - 1));
    return product(series, Wide(vec2u(0xb8aa3b29u, 0x5c17f0bcu), 0));
  }
  var m = a.m; // by squaring, a bit at a time
  var fraction = vec2u();
  for (var i = 0; i < 64; i++) {
    let square = product(Wide(m, 0), Wide(m, 0));
    m = square.m;
    fraction = left(fraction, 1u) | vec2u(0u, u32(square.e));
  }
  return plus(wide(vec2u(0u, u32(a.e)), 63), wide(fraction, -1));
}

fn power2of(a: Wide) -> Wide { // 2^-a, a below 1024, by the series of the exponential function
  let fixed = right(a.m, u32(9 - a.e)); // in 2^-54
  let whole = i32(fixed.x >> 22u);
  let fraction = left(fixed, 10u).x; // in 2^-32
  if (fraction == 0u) { return Wide(top, -whole); }
  let x = mul32(0u - fraction, 0xb17217f8u).x; // times ln 2
  var sum = top.x;
  for (var k = 13u; k > 0u; k--) { sum = top.x + mul32(x, sum).x / k; }
  return Wide(vec2u(sum, 0u), -whole - 1);
}
`;
