// The update of SPEC.md over one stretch of one tensor. Every operation is one WebAssembly instruction, which rounds
// once in the dtype: there is no fused multiply-add to be contracted into (relaxed SIMD is not used).

/** What becomes of the average: the numbers that src/table.ts writes. */
const NONE: u32 = 0;
const COPY: u32 = 1;
const BLEND: u32 = 2;

// AssemblyScript compiles a function anew for each choice of its types, and decides what depends on their sizes while it
// does: these types stand for what a loop has to do, so that each combination is a loop without branches.
type None = u8;
type Copy = u16;
type Blend = u32;
/** A gradient as it is, or with weight decay. */
type Plain = u8;
type Penalized = u16;

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
  // Without weight decay the gradient has no other use for a sign: -eta * -g has the bits of eta * g.
  const e = v128.splat<T>(weightDecay == 0 ? eta * sign : eta);
  const m = v128.splat<T>(mu);
  const w = v128.splat<T>(weightDecay);
  const s = v128.splat<T>(sign);
  const p = parameter + from;
  const g = gradient + from;
  const a = average + from;
  const size = to - from;
  const lines = size & -LINE;
  if (weightDecay == 0) {
    if (averaging == BLEND) updateLines<T, Blend, Plain>(p, g, a, lines, d, e, m, w, s);
    else if (averaging == COPY) updateLines<T, Copy, Plain>(p, g, a, lines, d, e, m, w, s);
    else updateLines<T, None, Plain>(p, g, a, lines, d, e, m, w, s);
    updateRest<T, Plain>(averaging, p, g, a, lines, size, d, e, m, w, s);
  } else {
    if (averaging == BLEND) updateLines<T, Blend, Penalized>(p, g, a, lines, d, e, m, w, s);
    else if (averaging == COPY) updateLines<T, Copy, Penalized>(p, g, a, lines, d, e, m, w, s);
    else updateLines<T, None, Penalized>(p, g, a, lines, d, e, m, w, s);
    updateRest<T, Penalized>(averaging, p, g, a, lines, size, d, e, m, w, s);
  }
}

/** Whole lines. `A` is None, Copy or Blend; `G` is Plain or Penalized. */
function updateLines<T, A, G>(
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
  for (let at: usize = 0; at < size; at += LINE) {
    const pi = p + at;
    const gi = g + at;
    const ai = a + at;
    // All loads before the first store: the processor need not find out whether they overlap.
    const n0 = next<T, G>(v128.load(pi), v128.load(gi), decay, eta, weightDecay, sign);
    const n1 = next<T, G>(v128.load(pi, 16), v128.load(gi, 16), decay, eta, weightDecay, sign);
    const n2 = next<T, G>(v128.load(pi, 32), v128.load(gi, 32), decay, eta, weightDecay, sign);
    const n3 = next<T, G>(v128.load(pi, 48), v128.load(gi, 48), decay, eta, weightDecay, sign);
    if (sizeof<A>() == sizeof<Blend>()) {
      const a0 = blend<T>(v128.load(ai), n0, mu);
      const a1 = blend<T>(v128.load(ai, 16), n1, mu);
      const a2 = blend<T>(v128.load(ai, 32), n2, mu);
      const a3 = blend<T>(v128.load(ai, 48), n3, mu);
      storeLine(ai, a0, a1, a2, a3);
    }
    if (sizeof<A>() == sizeof<Copy>()) storeLine(ai, n0, n1, n2, n3);
    storeLine(pi, n0, n1, n2, n3);
  }
}

/** What does not fill a line, one element at a time in the first lane of the same instructions: the same bits. */
function updateRest<T, G>(
  averaging: u32,
  p: usize,
  g: usize,
  a: usize,
  from: usize,
  to: usize,
  decay: v128,
  eta: v128,
  mu: v128,
  weightDecay: v128,
  sign: v128,
): void {
  for (let at = from; at < to; at += sizeof<T>()) {
    const n = next<T, G>(loadLane<T>(p + at), loadLane<T>(g + at), decay, eta, weightDecay, sign);
    v128.store_lane<T>(p + at, n, 0);
    if (averaging == BLEND) v128.store_lane<T>(a + at, blend<T>(loadLane<T>(a + at), n, mu), 0);
    else if (averaging == COPY) v128.store_lane<T>(a + at, n, 0);
  }
}

function next<T, G>(p: v128, g: v128, decay: v128, eta: v128, weightDecay: v128, sign: v128): v128 {
  let penalized = g;
  // A product with 1 or -1 is exact.
  if (sizeof<G>() == sizeof<Penalized>())
    penalized = v128.add<T>(v128.mul<T>(sign, g), v128.mul<T>(weightDecay, p));
  return v128.sub<T>(v128.mul<T>(p, decay), v128.mul<T>(eta, penalized));
}

function blend<T>(average: v128, newest: v128, mu: v128): v128 {
  return v128.add<T>(average, v128.mul<T>(v128.sub<T>(newest, average), mu));
}

function storeLine(address: usize, v0: v128, v1: v128, v2: v128, v3: v128): void {
  v128.store(address, v0);
  v128.store(address, v1, 16);
  v128.store(address, v2, 32);
  v128.store(address, v3, 48);
}

function loadLane<T>(address: usize): v128 {
  return sizeof<T>() == 4 ? v128.load32_zero(address) : v128.load64_zero(address);
}
