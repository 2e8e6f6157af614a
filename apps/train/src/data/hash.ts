/** Scrambles 32 bits: the finalizer of MurmurHash3 (Appleby). Every input bit affects every output bit. */
function scramble(word: number): number {
  let x = word >>> 0;
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return (x ^ (x >>> 16)) >>> 0;
}

/** A 32-bit hash of a sequence of whole numbers below 2^53. */
export function hash(...numbers: readonly number[]): number {
  let state = 0x9e3779b9;
  for (const number of numbers) {
    state = scramble(state ^ (number >>> 0));
    state = scramble((state + Math.floor(number / 2 ** 32) + 0x6d2b79f5) >>> 0);
  }
  return state;
}
