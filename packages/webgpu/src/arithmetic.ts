// WGSL promises little of division, logarithms and powers, and has no float64. So the schedule is computed in integers:
// numbers with a mantissa of 32 bits and an exponent, rounded to float32 at the end. Every device gives the same bits.

/** A number as the shader has it: m · 2^(e − 31), where m has its top bit set, or is 0. */
interface Big {
  readonly m: number;
  readonly e: number;
  /** The 32 bits that follow m. */
  readonly rest: number;
}

/** A positive finite number; 53 bits, so that `m` and `rest` hold all of it. */
export function toBig(value: number): Big {
  if (value === 0) return { m: 0, e: 0, rest: 0 };
  let e = Math.floor(Math.log2(value));
  if (2 ** e > value) e--;
  if (2 ** (e + 1) <= value) e++;
  const scaled = value * 2 ** (31 - e);
  const m = Math.floor(scaled);
  return { m, e, rest: (scaled - m) * 2 ** 32 };
}

/** `Big` in WGSL, and what the schedule does with it. */
export const arithmetic: string = /* wgsl */ `
struct Big { m: u32, e: i32 } // m * 2^(e - 31); m has its top bit set, or is 0
const one = Big(0x80000000u, 0);

fn mul32(a: u32, b: u32) -> vec2u { // high, low
  let low = (a & 0xffffu) * (b & 0xffffu);
  let middle = (a >> 16u) * (b & 0xffffu) + (low >> 16u);
  let other = (a & 0xffffu) * (b >> 16u) + (middle & 0xffffu);
  return vec2u((a >> 16u) * (b >> 16u) + (middle >> 16u) + (other >> 16u), (other << 16u) | (low & 0xffffu));
}

fn shifted(high: u32, low: u32, by: u32) -> u32 { // the high word of both, shifted left by less than 32
  if (by == 0u) { return high; }
  return (high << by) | (low >> (32u - by));
}

fn big(high: u32, middle: u32, low: u32) -> Big { // high * 2^32 + middle + low / 2^32; the last bit tells of lost ones
  var words = vec3u(high, middle, low);
  var e = 63;
  for (var i = 0; i < 2 && words.x == 0u; i++) { words = vec3u(words.yz, 0u); e -= 32; }
  if (words.x == 0u) { return Big(0u, 0); }
  let by = countLeadingZeros(words.x);
  let lost = (words.y << by) | words.z;
  return Big(shifted(words.x, words.y, by) | select(0u, 1u, lost != 0u), e - i32(by));
}

fn product(a: Big, b: Big) -> Big {
  let m = mul32(a.m, b.m);
  if (m.x == 0u) { return Big(0u, 0); }
  let by = countLeadingZeros(m.x); // 0 or 1
  let rest = select(0u, 1u, (m.y << by) != 0u);
  return Big(shifted(m.x, m.y, by) | rest, a.e + b.e + 1 - i32(by));
}

fn fromFloat(bits: u32) -> Big {
  let e = i32((bits >> 23u) & 0xffu);
  let m = bits & 0x7fffffu;
  if (e > 0) { return Big((m | 0x800000u) << 8u, e - 127); }
  if (m == 0u) { return Big(0u, 0); }
  return Big(m << countLeadingZeros(m), -118 - i32(countLeadingZeros(m)));
}

fn toFloat(a: Big) -> u32 { // ties to even
  let e = a.e + 127;
  if (a.m == 0u || e < -24) { return 0u; }
  if (e > 254) { return 0x7f800000u; }
  let by = 8u + u32(max(0, 1 - e));
  if (by > 31u) { return 0u; }
  let half = 1u << (by - 1u);
  let rest = a.m & ((1u << by) - 1u);
  var m = a.m >> by;
  if (rest > half || (rest == half && (m & 1u) == 1u)) { m++; }
  return m + select(0u, u32(e - 1) << 23u, e > 0);
}

fn onePlus(a: Big) -> Big {
  if (a.m == 0u || a.e < -31) { return one; }
  if (a.e < 0) { return Big(one.m + (a.m >> u32(-a.e)), 0); }
  let m = a.m + select(0u, one.m >> min(31u, u32(a.e)), a.e < 32);
  if (m >= a.m) { return Big(m, a.e); }
  return Big((m >> 1u) | one.m, a.e + 1);
}

fn log2of(a: Big) -> Big { // of a number from 1: by squaring, a bit at a time
  var m = a.m;
  var fraction = 0u;
  for (var i = 0; i < 32; i++) {
    let square = mul32(m, m);
    let bit = square.x >> 31u;
    m = select(shifted(square.x, square.y, 1u), square.x, bit == 1u);
    fraction = (fraction << 1u) | bit;
  }
  return big(0u, u32(a.e), fraction);
}

fn power2of(a: Big) -> Big { // 2^-a, by the series of the exponential function
  if (a.m == 0u || a.e < -32) { return one; }
  if (a.e > 7) { return Big(0u, 0); }
  var whole = 0u;
  var fraction = 0u; // in 2^-32
  if (a.e >= 0) { whole = a.m >> u32(31 - a.e); fraction = a.m << u32(a.e + 1); }
  else { fraction = a.m >> u32(-1 - a.e); }
  if (fraction == 0u) { return Big(one.m, -i32(whole)); }
  let x = mul32(0u - fraction, 0xb17217f8u).x; // times ln 2
  var sum = one.m;
  for (var k = 13u; k > 0u; k--) { sum = one.m + mul32(x, sum).x / k; }
  return Big(sum, -i32(whole) - 1);
}

fn reciprocal(a: Big) -> u32 { // 1 / a as float32, by long division
  if (a.m == one.m) { return toFloat(Big(one.m, -a.e)); }
  var rest = one.m;
  var m = 0u;
  for (var i = 0; i < 32; i++) {
    let isMore = rest >= one.m || (rest << 1u) >= a.m;
    rest = (rest << 1u) - select(0u, a.m, isMore);
    m = (m << 1u) | select(0u, 1u, isMore);
  }
  return toFloat(Big(m | select(0u, 1u, rest != 0u), -1 - a.e));
}

struct Wide { words: vec2u, e: i32 } // as Big, with 64 bits: words * 2^(e - 63)

fn toDouble(words: vec2u, isMore: bool, e: i32) -> Wide { // rounds to 53 bits, ties to even, and what is lost before
  if (words.x == 0u && words.y == 0u) { return Wide(words, 0); }
  var high = words.x;
  var low = words.y;
  var exponent = e;
  if (high == 0u) { high = low; low = 0u; exponent -= 32; }
  let by = countLeadingZeros(high);
  high = shifted(high, low, by);
  low <<= by;
  exponent -= i32(by);
  let rest = low & 0x7ffu;
  low -= rest;
  if (rest > 0x400u || (rest == 0x400u && (isMore || (low & 0x800u) != 0u))) {
    low += 0x800u;
    if (low == 0u) { high++; }
    if (high == 0u) { return Wide(vec2u(one.m, 0u), exponent + 1); }
  }
  return Wide(vec2u(high, low), exponent);
}

fn oneMinus(a: Big, b: Big, restOfB: u32) -> u32 { // 1 - a * b in float64, as float32; b has 32 bits more
  let upper = mul32(a.m, b.m);
  let lower = mul32(a.m, restOfB);
  let middle = upper.y + lower.x;
  let high = upper.x + select(0u, 1u, middle < upper.y);
  // The product has 96 bits. Those of the last word but the first decide no more than ties.
  let isLeading = (high >> 31u) == 1u;
  let lead = select(vec2u(shifted(high, middle, 1u), shifted(middle, lower.y, 1u)), vec2u(high, middle), isLeading);
  let last = select(lower.y << 1u, lower.y, isLeading);
  let p = toDouble(lead, last != 0u, a.e + b.e + select(0, 1, isLeading));
  if (a.m == 0u || b.m == 0u || p.e < -63) { return toFloat(one); }
  if (p.e > 0) { // from 2 on
    let at = u32(min(p.e, 63));
    let unit = select(vec2u(one.m >> at, 0u), vec2u(0u, one.m >> (at - 32u)), at > 31u);
    let isBorrowed = select(0u, 1u, p.words.y < unit.y);
    let difference = lastRound(vec2u(p.words.x - unit.x - isBorrowed, p.words.y - unit.y), false);
    return toFloat(Big(difference.m, difference.e + p.e)) | 0x80000000u;
  }
  let by = u32(-p.e); // into units of 2^-63
  var units = p.words;
  var isMore = false;
  if (by > 31u) {
    isMore = units.y != 0u || (by > 32u && (units.x << (64u - by)) != 0u);
    units = vec2u(0u, units.x >> (by - 32u));
  } else if (by > 0u) {
    isMore = (units.y << (32u - by)) != 0u;
    units = vec2u(units.x >> by, (units.y >> by) | (units.x << (32u - by)));
  }
  let isBelow = units.x < one.m || (units.x == one.m && units.y == 0u && !isMore);
  if (!isBelow) { return toFloat(lastRound(vec2u(units.x - one.m, units.y), isMore)) | 0x80000000u; }
  let borrow = select(0u, 1u, units.y != 0u || isMore);
  return toFloat(lastRound(vec2u(one.m - units.x - borrow, 0u - units.y - select(0u, 1u, isMore)), isMore));
}

fn lastRound(units: vec2u, isMore: bool) -> Big {
  let rounded = toDouble(units, isMore, 0);
  return Big(rounded.words.x | select(0u, 1u, rounded.words.y != 0u), rounded.e);
}
`;
