// The update of SPEC.md over one stretch of one tensor. Every operation is one WebAssembly instruction, which rounds
// once in the dtype: there is no fused multiply-add to be contracted into (relaxed SIMD is not used).

/** What becomes of the average: the numbers that src/table.ts writes. */
const COPY: u32 = 1;
const BLEND: u32 = 2;

/** Bytes updated in one turn of the loop: a cache line of each tensor. */
const LINE: usize = 64;

/** Updates the bytes [from, to) of a tensor. The addresses are those of byte 0. `sign` is -1 to maximize, else 1. */
export function update<T>(
  averaging: u32,
  parameter: usize,
  gradient: usize,
  average: usize,
  from: usize,
  to: usize,
  decay: T,
  eta: T,
  mu: T,
  weightDecay: T,
  sign: T,
): void {
  const d = v128.splat<T>(decay);
  const w = v128.splat<T>(weightDecay);
  const s = v128.splat<T>(sign);
  const m = v128.splat<T>(mu);
  const p = parameter + from;
  const g = gradient + from;
  const a = average + from;
  const size = to - from;
  if (weightDecay == 0) {
    // -eta * -g has the bits of eta * g.
    const e = v128.splat<T>(eta * sign);
    if (averaging == BLEND) loop<T>(BLEND, false, p, g, a, size, d, e, m, w, s);
    else if (averaging == COPY) loop<T>(COPY, false, p, g, a, size, d, e, m, w, s);
    else loop<T>(0, false, p, g, a, size, d, e, m, w, s);
  } else {
    const e = v128.splat<T>(eta);
    if (averaging == BLEND) loop<T>(BLEND, true, p, g, a, size, d, e, m, w, s);
    else if (averaging == COPY) loop<T>(COPY, true, p, g, a, size, d, e, m, w, s);
    else loop<T>(0, true, p, g, a, size, d, e, m, w, s);
  }
}

/** `averaging` and `decays` are constants of each call: every combination becomes a loop without branches. */
// @ts-ignore: decorator
@inline
function loop<T>(
  averaging: u32,
  decays: bool,
  p: usize,
  g: usize,
  a: usize,
  size: usize,
  decay: v128,
  eta: v128,
  mu: v128,
  weightDecay: v128,
  sign: v128,
): void {
  let at: usize = 0;
  for (const end = size & -LINE; at < end; at += LINE) {
    const pi = p + at;
    const gi = g + at;
    const ai = a + at;
    // All loads before the first store: the processor need not find out whether they overlap.
    const n0 = next<T>(decays, v128.load(pi), v128.load(gi), decay, eta, weightDecay, sign);
    const n1 = next<T>(decays, v128.load(pi, 16), v128.load(gi, 16), decay, eta, weightDecay, sign);
    const n2 = next<T>(decays, v128.load(pi, 32), v128.load(gi, 32), decay, eta, weightDecay, sign);
    const n3 = next<T>(decays, v128.load(pi, 48), v128.load(gi, 48), decay, eta, weightDecay, sign);
    if (averaging == BLEND) {
      const a0 = blend<T>(v128.load(ai), n0, mu);
      const a1 = blend<T>(v128.load(ai, 16), n1, mu);
      const a2 = blend<T>(v128.load(ai, 32), n2, mu);
      const a3 = blend<T>(v128.load(ai, 48), n3, mu);
      store4(ai, a0, a1, a2, a3);
    }
    if (averaging == COPY) store4(ai, n0, n1, n2, n3);
    store4(pi, n0, n1, n2, n3);
  }

  // The rest, one element at a time in the first lane of the same instructions: the same bits by construction.
  for (; at < size; at += sizeof<T>()) {
    const pi = p + at;
    const ai = a + at;
    const n = next<T>(decays, loadLane<T>(pi), loadLane<T>(g + at), decay, eta, weightDecay, sign);
    if (averaging == BLEND) v128.store_lane<T>(ai, blend<T>(loadLane<T>(ai), n, mu), 0);
    if (averaging == COPY) v128.store_lane<T>(ai, n, 0);
    v128.store_lane<T>(pi, n, 0);
  }
}

// @ts-ignore: decorator
@inline
function next<T>(decays: bool, p: v128, g: v128, decay: v128, eta: v128, weightDecay: v128, sign: v128): v128 {
  // A product with 1 or -1 is exact.
  const penalized = decays ? v128.add<T>(v128.mul<T>(sign, g), v128.mul<T>(weightDecay, p)) : g;
  return v128.sub<T>(v128.mul<T>(p, decay), v128.mul<T>(eta, penalized));
}

// @ts-ignore: decorator
@inline
function blend<T>(average: v128, newest: v128, mu: v128): v128 {
  return v128.add<T>(average, v128.mul<T>(v128.sub<T>(newest, average), mu));
}

// @ts-ignore: decorator
@inline
function store4(address: usize, v0: v128, v1: v128, v2: v128, v3: v128): void {
  v128.store(address, v0);
  v128.store(address, v1, 16);
  v128.store(address, v2, 32);
  v128.store(address, v3, 48);
}

// @ts-ignore: decorator
@inline
function loadLane<T>(address: usize): v128 {
  return sizeof<T>() == 4 ? v128.load32_zero(address) : v128.load64_zero(address);
}
