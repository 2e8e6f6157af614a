// The schedule of SPEC.md on the device, in the arithmetic of arithmetic.ts. eta and mu are those of float64 rounded
// once, but for about one in a hundred, which is 1 ulp off; 1 - lambd * eta always is.

import { arithmetic, toBig } from './arithmetic.ts';
import type { Description } from './pipelines.ts';

/** Words that the device is told of a launch: see `scheduleOf`. */
const scheduleWords = 12;

export interface Schedule {
  /** `null`: a tensor has it. */
  readonly lr: number | null;
  readonly lambd: number;
  readonly alpha: number;
  readonly t0: number;
  /** Whether eta is to be negated for the update. */
  readonly isNegated: boolean;
}

const farMark = 0x80000000;

/** What the shader is told: bits of lr, lr, alpha, lambd, floor(t0) and its fraction, and the sign of eta. */
export function scheduleOf({ lr, lambd, alpha, t0, isNegated }: Schedule): Uint32Array<ArrayBuffer> {
  const words = new Uint32Array(scheduleWords);
  const rate = toBig(Math.min(lr ?? 0, Number.MAX_VALUE));
  const power = toBig(alpha);
  const decay = toBig(lambd);
  // So far below, steps do not count: mu is told as it stays, behind a mark that no floor is.
  const isFar = t0 < -(2 ** 62);
  const floor = BigInt(Math.max(-(2 ** 62), Math.min(2 ** 62, Math.floor(t0))));
  const fraction = Number.isFinite(t0) ? t0 - Math.floor(t0) : 0;
  words.set([
    bitsOf(lr ?? 0),
    rate.rest > 0 ? rate.m | 1 : rate.m, // so that rounding it once more goes the right way
    rate.e,
    power.m,
    power.e,
    decay.m,
    decay.rest,
    decay.e,
    isFar ? farMark : Number(BigInt.asUintN(32, floor >> 32n)),
    isFar ? bitsOf(-1 / t0) : Number(BigInt.asUintN(32, floor)),
    Math.floor(fraction * 2 ** 32),
    isNegated ? 0x80000000 : 0,
  ]);
  return words;
}

function bitsOf(value: number): number {
  return new Uint32Array(Float32Array.of(value).buffer)[0] ?? 0;
}

export type ScheduleEntry = 'prepare' | 'advance';

/** What `Pipelines` compiles. The buffers are slots, counters and, if a tensor has it, lr. */
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
 * Two kernels of one invocation. `prepare` writes the scalars into the slots of the updates that follow, and the counters
 * after them behind the slots; `advance` moves those to where they live. `given` is what `scheduleOf` makes, followed by
 * where counters and lr are in what is bound of them, in words, and by weight decay and sign for the slots.
 */
function scheduleShader(entry: ScheduleEntry, isRateGiven: boolean): string {
  const counters = entry === 'prepare' ? 'read' : 'read_write';
  return /* wgsl */ `
@group(0) @binding(0) var<uniform> given: array<vec4u, 4>;
@group(1) @binding(0) var<storage, read_write> slots: array<u32>;
@group(1) @binding(1) var<storage, ${counters}> counters: array<u32>;
${entry === 'prepare' && !isRateGiven ? `@group(1) @binding(2) var<storage, read> rate: array<u32>;` : ''}
${
  entry === 'prepare'
    ? `${arithmetic}
@compute @workgroup_size(1)
fn main() {
  let at = given[3].x;
  let low = u32(bitcast<f32>(counters[at]));
  let high = u32(bitcast<f32>(counters[at + 1]));
  ${
    isRateGiven
      ? `let bits = given[0].x; let lr = Big(given[0].y, bitcast<i32>(given[0].z));`
      : `let bits = rate[given[3].y]; let lr = fromFloat(bits);`
  }
  let alpha = Big(given[0].w, bitcast<i32>(given[1].x));
  let lambd = Big(given[1].y, bitcast<i32>(given[1].w));
  let eta = select(counters[at + 2], bits, low == 0u && high == 0u);
  let mu = counters[at + 3];
  let decay = oneMinus(fromFloat(eta), lambd, given[1].z);
  let end = arrayLength(&slots) - 4;
  for (var slot = 0u; slot < end; slot += 64u) {
    slots[slot] = decay;
    slots[slot + 1] = eta ^ given[2].w;
    slots[slot + 2] = mu;
    slots[slot + 3] = given[3].z;
    slots[slot + 4] = given[3].w;
  }

  let isFull = low == 0x3fffffu;
  let next = vec2u(select(high, high + 1u, isFull), select(low + 1u, 0u, isFull));
  let step = vec2u(next.x >> 10u, (next.x << 22u) | next.y);
  let lambdLr = product(lambd, lr);
  let z = onePlus(product(lambdLr, big(step.x, step.y, 0u)));
  let nextEta = select(toFloat(product(lr, power2of(product(alpha, log2of(z))))), bits, bits >= 0x7f800000u);
  slots[end] = bitcast<u32>(f32(next.y));
  slots[end + 1] = bitcast<u32>(f32(next.x));
  slots[end + 2] = nextEta;
  slots[end + 3] = muAfter(step);
}

fn muAfter(step: vec2u) -> u32 { // 1 / max(1, step - t0)
  if (given[2].x == ${farMark}u) { return given[2].y; }
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
@compute @workgroup_size(1)
fn main() {
  let end = arrayLength(&slots) - 4;
  for (var i = 0u; i < 4u; i++) { counters[given[3].x + i] = slots[end + i]; }
}`
}`;
}
