// What both files of rows need: addresses, and two numbers in a register.

export function at64(array: F64s, index: i32): usize {
  return changetype<usize>(array) + ((<usize>index) << 3);
}

export function at32(array: U32s, index: i32): usize {
  return changetype<usize>(array) + ((<usize>index) << 2);
}

export function sumOf(lanes: v128): f64 {
  return f64x2.extract_lane(lanes, 0) + f64x2.extract_lane(lanes, 1);
}

/** W + -1 * moved has the bits of W - moved. */
export function updatePair(pair: usize, moved: f64, factors: v128): void {
  v128.store(pair, f64x2.add(v128.load(pair), f64x2.mul(factors, f64x2.splat(moved))));
}
