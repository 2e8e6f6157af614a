// The update of SPEC.md over one stretch of one tensor. Every operation is one WebAssembly instruction, which rounds
// once in the dtype. Without relaxed SIMD there is no fused multiply-add.

import { BLEND, COPY } from './averaging';

// AssemblyScript compiles a function once for each choice of its type parameters, and resolves conditions on their sizes
// when it does. So these types stand for what a loop does, and each combination becomes a loop without branches.
type Alone = u8;
type Blend = u16;
/** A gradient without weight decay, or with it. */
type Plain = u8;
type Penalized = u16;

/** Bytes updated in one turn of the loop: a cache line of each tensor. */
const LINE: usize = 64;

/**
 * Tensors that are too long for the caches are updated at four places in turn. A processor prefetches for each place that
 * it reads, within a page, so several places make better use of the memory: a step becomes 10 to 25 % faster. Eight
 * places are too many.
 */
const PLACES: usize = 4;

/** The bytes of parameters from which that is faster. In the caches one place is. */
const FAR: usize = 8 << 20;

/** Shorter ranges are not worth dividing. */
const LEAST_FAR: usize = 1 << 16;

/** The places are whole pages apart, less this. Else they would compete for the same lines of a cache. */
const APART: usize = 21 * LINE;
const PAGE: usize = 4096;

// What the updates of one batch have in common. Each instance has its own: globals are not in the shared memory.
let width: u32;
let averaging: u32;
/** The bytes of parameters that the whole step updates. */
let among: usize;
let decay: f64;
let eta: f64;
let mu: f64;
let weightDecay: f64;
let sign: f64;

/** Sets what the following updates have in common. `size` is how many bytes of parameters they update in all. */
export function setUp(
  newWidth: u32,
  newAveraging: u32,
  size: usize,
  newDecay: f64,
  newEta: f64,
  newMu: f64,
  newWeightDecay: f64,
  newSign: f64,
): void {
  width = newWidth;
  averaging = newAveraging;
  among = size;
  decay = newDecay;
  eta = newEta;
  mu = newMu;
  weightDecay = newWeightDecay;
  sign = newSign;
}

/** Updates the bytes [from, to) of a tensor. The addresses are those of byte 0. */
export function updateTensor(parameter: usize, gradient: usize, average: usize, from: usize, to: usize): void {
  if (width == 4) update<f32>(parameter + from, gradient + from, average + from, to - from);
  else update<f64>(parameter + from, gradient + from, average + from, to - from);
}

function update<T>(p: usize, g: usize, a: usize, size: usize): void {
  const d = v128.splat<T>(<T>decay);
  // Without weight decay, eta can carry the sign: -eta * g has the bits of eta * -g.
  const e = v128.splat<T>(<T>(weightDecay == 0 ? eta * sign : eta));
  const m = v128.splat<T>(<T>mu);
  const w = v128.splat<T>(<T>weightDecay);
  const s = v128.splat<T>(<T>sign);
  const lines = size & -LINE;
  let stride = LINE;
  // The copy should find its source in the caches.
  let share: usize = averaging == COPY ? LEAST_FAR : lines;
  if (among >= FAR && share > LEAST_FAR) {
    stride = ((share / PLACES) & -PAGE) - APART;
    share = stride * PLACES;
  }
  for (let at: usize = 0; at < lines; at += share) {
    const length = min(share, lines - at);
    if (length < share) stride = LINE; // the rest
    if (weightDecay == 0) {
      if (averaging == BLEND) updateLines<T, Blend, Plain>(p + at, g + at, a + at, length, stride, d, e, m, w, s);
      else updateLines<T, Alone, Plain>(p + at, g + at, a + at, length, stride, d, e, m, w, s);
    } else {
      if (averaging == BLEND) updateLines<T, Blend, Penalized>(p + at, g + at, a + at, length, stride, d, e, m, w, s);
      else updateLines<T, Alone, Penalized>(p + at, g + at, a + at, length, stride, d, e, m, w, s);
    }
    if (averaging == COPY) memory.copy(a + at, p + at, length);
  }
  // The elements after the last whole line go one by one through the first lane of the same instructions: the same bits.
  for (let at = lines; at < size; at += sizeof<T>()) {
    const pi = loadLane<T>(p + at);
    const gi = loadLane<T>(g + at);
    const n = weightDecay == 0 ? next<T, Plain>(pi, gi, d, e, w, s) : next<T, Penalized>(pi, gi, d, e, w, s);
    v128.store_lane<T>(p + at, n, 0);
    if (averaging == BLEND) v128.store_lane<T>(a + at, blend<T>(loadLane<T>(a + at), n, m), 0);
    else if (averaging == COPY) v128.store_lane<T>(a + at, n, 0);
  }
}

/**
 * Updates whole lines. `A` is Alone or Blend; `G` is Plain or Penalized. It goes from line to line in strides of `stride`
 * bytes, which divide the size, then from the end back to the line after the first, and so on.
 */
function updateLines<T, A, G>(
  p: usize,
  g: usize,
  a: usize,
  size: usize,
  stride: usize,
  decay: v128,
  eta: v128,
  mu: v128,
  weightDecay: v128,
  sign: v128,
): void {
  let at: usize = 0;
  for (let left = size; left > 0; left -= LINE) {
    const pi = p + at;
    const gi = g + at;
    const ai = a + at;
    // All loads come before the first store, so that the processor need not check whether they overlap.
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
    storeLine(pi, n0, n1, n2, n3);
    at += stride;
    if (at >= size) at -= size - LINE;
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
