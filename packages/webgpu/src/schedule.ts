// The schedule of SPEC.md on the device. WGSL promises little of division, logarithms and powers, and nothing of
// float64, so everything here is integers: numbers with a mantissa of 32 bits and an exponent, rounded to float32 at
// the end. Every device gives the same bits, and they are those of float64 arithmetic rounded once, but for about one
// result in a million, which is 1 ulp off.

/** Words that the device is told of a launch: see `scheduleOf`. */
export const scheduleWords = 12;

/** A number as the shader has it: m · 2^(e − 31), where m has its top bit set, or is 0. */
interface Big {
  readonly m: number;
  readonly e: number;
  /** The 32 bits that follow m. */
  readonly rest: number;
}

/** A positive finite number; 53 bits, so that `m` and `rest` hold all of it. */
function toBig(value: number): Big {
  if (value === 0) return { m: 0, e: 0, rest: 0 };
  let e = Math.floor(Math.log2(value));
  if (2 ** e > value) e--;
  if (2 ** (e + 1) <= value) e++;
  const scaled = value * 2 ** (31 - e);
  const m = Math.floor(scaled);
  return { m, e, rest: (scaled - m) * 2 ** 32 };
}

export interface Schedule {
  /** `null`: a tensor has it. */
  readonly lr: number | null;
  readonly lambd: number;
  readonly alpha: number;
  readonly t0: number;
  /** Whether eta is to be negated for the update. */
  readonly isNegated: boolean;
}

/** What the shader is told: bits of lr, lr, alpha, lambd, floor(t0) and its fraction, and the sign of eta. */
export function scheduleOf({ lr, lambd, alpha, t0, isNegated }: Schedule): Uint32Array<ArrayBuffer> {
  const words = new Uint32Array(scheduleWords);
  const rate = toBig(Math.min(lr ?? 0, Number.MAX_VALUE));
  const power = toBig(alpha);
  const decay = toBig(lambd);
  const floor = BigInt(Math.max(-(2 ** 62), Math.min(2 ** 62, Math.floor(t0))));
  const fraction = Number.isFinite(t0) ? t0 - Math.floor(t0) : 0;
  words.set([
    new Uint32Array(Float32Array.of(lr ?? 0).buffer)[0] ?? 0,
    rate.rest > 0 ? rate.m | 1 : rate.m, // so that rounding it once more goes the right way
    rate.e,
    power.m,
    power.e,
    decay.m,
    decay.rest,
    decay.e,
    Number(BigInt.asUintN(32, floor >> 32n)),
    Number(BigInt.asUintN(32, floor)),
    Math.floor(fraction * 2 ** 32),
    isNegated ? 0x80000000 : 0,
  ]);
  return words;
}

const numbers = `
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

fn oneMinus(a: Big, b: Big, restOfB: u32) -> u32 { // 1 - a * b as float32, where b has 32 bits more
  if (a.m == 0u || b.m == 0u) { return toFloat(one); }
  let upper = mul32(a.m, b.m);
  let lower = mul32(a.m, restOfB);
  let middle = upper.y + lower.x;
  let high = upper.x + select(0u, 1u, middle < upper.y); // high, middle, lower.y: 96 bits of a number below 1
  let e = a.e + b.e + 2; // which is to be multiplied by 2^e
  if (e > 1) { return bitcast<u32>(1 - bitcast<f32>(toFloat(product(a, b)))); }
  let by = u32(1 - e); // into units of 2^-63
  var p = vec2u(high, middle);
  var isInexact = lower.y != 0u;
  if (by >= 64u) { p = vec2u(0u, 0u); isInexact = true; }
  else if (by >= 32u) {
    isInexact |= middle != 0u || shifted(0u, high, (64u - by) & 31u) != 0u && by > 32u;
    p = vec2u(0u, high >> (by - 32u));
  } else if (by > 0u) {
    isInexact |= (middle << (32u - by)) != 0u;
    p = vec2u(high >> by, (middle >> by) | (high << (32u - by)));
  }
  let inexact = select(0u, 1u, isInexact);
  if (p.x >= one.m) { return toFloat(unit(big(p.x - one.m, p.y, inexact))) | 0x80000000u; }
  let borrow = select(0u, 1u, p.y != 0u || isInexact);
  return toFloat(unit(big(one.m - p.x - borrow, 0u - p.y - inexact, inexact)));
}

fn unit(a: Big) -> Big { // times 2^-63
  return Big(a.m, a.e - 63);
}
`;

/**
 * Two kernels over the counters of a launch, an invocation an item. `prepare` writes the scalars of the updates that
 * follow, and the counters after them, both into `slots`; `advance` moves the counters to where they live. The table
 * says of every item where its counters are, its first slot and the number of its slots, and where its next counters
 * are, in words; lr, in words, is the first that `given` says when a tensor has it.
 */
export function scheduleShader(entry: 'prepare' | 'advance', isRateGiven: boolean): string {
  const counters = entry === 'prepare' ? 'read' : 'read_write';
  return `
@group(0) @binding(0) var<uniform> given: array<vec4u, 3>;
@group(1) @binding(0) var<storage, read_write> slots: array<u32>;
@group(1) @binding(1) var<storage, read> table: array<vec4u>;
@group(1) @binding(2) var<storage, ${counters}> counters: array<u32>;
${entry === 'prepare' && !isRateGiven ? '@group(1) @binding(3) var<storage, read> rate: array<u32>;' : ''}
${
  entry === 'prepare'
    ? `${numbers}
fn schedule(item: vec4u) {
  let low = u32(bitcast<f32>(counters[item.x]));
  let high = u32(bitcast<f32>(counters[item.x + 1]));
  ${
    isRateGiven
      ? 'let bits = given[0].x; let lr = Big(given[0].y, bitcast<i32>(given[0].z));'
      : 'let bits = rate[given[0].x]; let lr = fromFloat(bits);'
  }
  let alpha = Big(given[0].w, bitcast<i32>(given[1].x));
  let lambd = Big(given[1].y, bitcast<i32>(given[1].w));
  let eta = select(counters[item.x + 2], bits, low == 0u && high == 0u);
  let mu = counters[item.x + 3];
  let decay = oneMinus(fromFloat(eta), lambd, given[1].z);
  for (var slot = item.y; slot < item.y + item.z; slot++) {
    slots[slot * 64] = decay;
    slots[slot * 64 + 1] = eta ^ given[2].w;
    slots[slot * 64 + 2] = mu;
  }

  let isFull = low == 0x3fffffu;
  let next = vec2u(select(high, high + 1u, isFull), select(low + 1u, 0u, isFull));
  let step = vec2u(next.x >> 10u, (next.x << 22u) | next.y);
  let lambdLr = product(lambd, lr);
  let z = onePlus(product(lambdLr, big(step.x, step.y, 0u)));
  let nextEta = select(toFloat(product(lr, power2of(product(alpha, log2of(z))))), bits, bits >= 0x7f800000u);
  slots[item.w] = bitcast<u32>(f32(next.y));
  slots[item.w + 1] = bitcast<u32>(f32(next.x));
  slots[item.w + 2] = nextEta;
  slots[item.w + 3] = muAfter(step);
}

fn muAfter(step: vec2u) -> u32 { // 1 / max(1, step - t0)
  let fraction = 0u - given[2].z;
  let low = step.y - given[2].y;
  let borrow = select(0u, 1u, step.y < given[2].y);
  let lower = low - select(0u, 1u, fraction != 0u);
  let borrowed = borrow + select(0u, 1u, low == 0u && fraction != 0u);
  let high = step.x - given[2].x - borrowed;
  if (bitcast<i32>(high) < 0 || (high == 0u && lower == 0u)) { return toFloat(one); }
  return reciprocal(big(high, lower, fraction));
}`
    : `
fn schedule(item: vec4u) {
  for (var i = 0u; i < 4u; i++) { counters[item.x + i] = slots[item.w + i]; }
}`
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x < arrayLength(&table)) { schedule(table[id.x]); }
}`;
}
