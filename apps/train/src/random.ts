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

/** Pseudo-random numbers, the same everywhere for the same seeds: xoshiro128** (Blackman and Vigna 2018). */
export class Random {
  readonly #state: Uint32Array = new Uint32Array(4);

  constructor(...seeds: readonly number[]) {
    for (let i = 0; i < 4; i += 1) this.#state[i] = hash(...seeds, i);
    // From a state of all zeros, the generator would never move.
    if (this.#state.every((word) => word === 0)) this.#state[0] = 1;
  }

  /** A whole number from 0 to 2^32 - 1. */
  next(): number {
    const [a = 0, b = 0, c = 0, d = 0] = this.#state;
    const result = Math.imul(rotate(Math.imul(b, 5), 7), 9) >>> 0;
    const c1 = c ^ a;
    const d1 = d ^ b;
    this.#state[0] = a ^ d1;
    this.#state[1] = b ^ c1;
    this.#state[2] = c1 ^ (b << 9);
    this.#state[3] = rotate(d1, 11);
    return result;
  }

  /** A whole number from 0 to `bound` - 1, all equally likely; `bound` is at most 2^32. */
  below(bound: number): number {
    // Values beyond the last whole multiple of the bound would favor small results: draw again.
    const limit = 2 ** 32 - (2 ** 32 % bound);
    let draw = this.next();
    while (draw >= limit) draw = this.next();
    return draw % bound;
  }

  /** Puts the items in a random order, in place (Fisher and Yates). */
  shuffle(items: Uint32Array): void {
    for (let last = items.length - 1; last > 0; last -= 1) {
      const other = this.below(last + 1);
      const held = items[last] ?? 0;
      items[last] = items[other] ?? 0;
      items[other] = held;
    }
  }
}

function rotate(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits));
}
