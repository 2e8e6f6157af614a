// The schedule of SPEC.md on the device, in the arithmetic of arithmetic.ts. mu and 1 - lambd * eta have the host's bits.
// So has the base that is raised to alpha, because every bit of it shows in a large power. The power itself is within
// 2^-29 of the host's, so eta is 1 ulp off now and then.

import { arithmetic, wideOf } from './arithmetic.ts';
import type { Description } from './pipelines.ts';

export interface Schedule {
  /** `null` when it is in a tensor. */
  readonly lr: number | null;
  readonly lambd: number;
  readonly alpha: number;
  readonly t0: number;
  /** Whether the update needs the negative of eta. */
  readonly isNegated: boolean;
}

/** The shader's options: lr, alpha, lambd and the absolute value of t0; then lr in float32 and the signs of eta and t0. */
export function scheduleOf({ lr, lambd, alpha, t0, isNegated }: Schedule): Uint32Array<ArrayBuffer> {
  const rate = lr ?? 0;
  const words = [
    [...wideOf(rate), bitsOf(rate)],
    [...wideOf(alpha), isNegated ? 0x80000000 : 0],
    [...wideOf(lambd), 0],
    [...wideOf(Math.abs(t0)), t0 < 0 ? 1 : 0],
  ];
  return Uint32Array.from(words.flat());
}

function bitsOf(value: number): number {
  return new Uint32Array(Float32Array.of(value).buffer)[0] ?? 0;
}

export type ScheduleEntry = 'prepare' | 'advance';

/** What `Pipelines` compiles. The buffers are the slots, the counters, and the lr if that is in a tensor. */
export function describeSchedule(entry: ScheduleEntry, isRateGiven: boolean): Description {
  const counters = entry === 'prepare' ? 'read-only-storage' : 'storage';
  const types = ['storage', counters] as const;
  const rate = entry === 'prepare' && !isRateGiven ? (['read-only-storage'] as const) : [];
  return {
    label: `asgd schedule: ${entry}`,
    code: scheduleShader(entry, isRateGiven),
    buffers: [...types, ...rate],
  };
}

/**
 * Two kernels of one invocation each. `prepare` writes the scalars into the slots of the updates that follow, and the next
 * counters behind the slots. `advance` copies those to the counters. `given` is what `scheduleOf` returns, then where the
 * counters and the lr are in their bindings, in words, then weight decay and sign.
 */
function scheduleShader(entry: ScheduleEntry, isRateGiven: boolean): string {
  const counters = entry === 'prepare' ? 'read' : 'read_write';
  return /* wgsl */ `
@group(0) @binding(0) var<uniform> given: array<vec4u, 5>;
@group(1) @binding(0) var<storage, read_write> slots: array<u32>;
@group(1) @binding(1) var<storage, ${counters}> counters: array<u32>;
${entry === 'prepare' && !isRateGiven ? `@group(1) @binding(2) var<storage, read> rate: array<u32>;` : ''}
${
  entry === 'prepare'
    ? `${arithmetic}
fn option(index: u32) -> Wide {
  return Wide(given[index].xy, bitcast<i32>(given[index].z));
}

fn count(at: u32) -> u32 {
  return u32(bitcast<f32>(counters[at]));
}

@compute @workgroup_size(1)
fn main() {
  let at = given[4].x;
  let low = count(at);
  let middle = count(at + 1);
  let high = count(at + 2);
  ${
    isRateGiven
      ? `let bits = given[0].w; let lr = option(0);`
      : `let told = rate[given[4].y]; // no lr is less than 0, and -0 is not
  let bits = select(told, nan, told > top.x); let lr = fromFloat(bits & ~top.x);`
  }
  let eta = select(counters[at + 3], bits, (low | middle | high) == 0u);
  let mu = counters[at + 4];
  let decay = decayOf(eta);
  let end = arrayLength(&slots) - 5;
  for (var slot = 0u; slot < end; slot += 64u) {
    slots[slot] = decay;
    slots[slot + 1] = eta ^ given[1].w;
    slots[slot + 2] = mu;
    slots[slot + 3] = given[4].z;
    slots[slot + 4] = given[4].w;
  }

  let step = add64(vec2u((high << 12u) | (middle >> 10u), (middle << 22u) | low), vec2u(0u, 1u));
  slots[end] = bitcast<u32>(f32(step.y & 0x3fffffu));
  slots[end + 1] = bitcast<u32>(f32((step.y >> 22u) | ((step.x & 0xfffu) << 10u)));
  slots[end + 2] = bitcast<u32>(f32(step.x >> 12u));
  slots[end + 3] = etaAfter(wide(step, 63), bits, lr);
  slots[end + 4] = muAfter(wide(step, 63));
}

fn decayOf(eta: u32) -> u32 { // 1 - lambd * eta
  let size = eta & ~top.x;
  if (size < infinity) { return oneMinus(fromFloat(size), option(2)); }
  return select(nan, infinity | top.x, size == infinity && given[2].x != 0u);
}

fn etaAfter(step: Wide, bits: u32, lr: Wide) -> u32 { // lr / (1 + lambd * lr * step) ^ alpha
  let alpha = option(1);
  if ((bits << 1u) == 0u || alpha.m.x == 0u) { return bits; }
  if (${isRateGiven ? `lr.e > 1023` : `bits >= infinity`}) { return nan; } // infinity over infinity, or times 0
  let y = toDouble(product(toDouble(product(option(2), lr)), step));
  if (y.e > 1023) { return 0u; } // as float64 ends there
  let power = product(alpha, log2of(toDouble(plus(one, y))));
  if (power.e > 9) { return 0u; }
  return toFloat(product(lr, power2of(power)));
}

fn muAfter(step: Wide) -> u32 { // 1 / max(1, step - t0)
  let t0 = option(3);
  var since = one;
  if (given[3].w == 1u) { since = plus(step, t0); } else if (less(t0, step)) { since = minus(step, t0); }
  since = toDouble(since);
  if (!less(one, since)) { return toFloat(one); }
  return toFloat(toDouble(reciprocal(since)));
}`
    : `
@compute @workgroup_size(1)
fn main() {
  let end = arrayLength(&slots) - 5;
  for (var i = 0u; i < 5u; i++) { counters[given[4].x + i] = slots[end + i]; }
}`
}`;
}
