/** Scrambles 32 bits: the finalizer of MurmurHash3 (Appleby). */
function scramble(word: number): number {
  let x = word >>> 0;
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return (x ^ (x >>> 16)) >>> 0;
}

/** Pseudo-random numbers, the same everywhere for the same seed: xoshiro128** (Blackman and Vigna 2018). */
export class Random {
  readonly #state: Uint32Array;

  /** @param seed a whole number from 0 to 2^53 - 1 */
  constructor(seed: number) {
    const low = scramble((seed >>> 0) ^ 0x9e3779b9);
    const high = Math.floor(seed / 2 ** 32);
    // Scrambling is a bijection: four different words, not all 0.
    this.#state = Uint32Array.from({ length: 4 }, (_, i) => scramble(low ^ scramble(high + i + 1)));
  }

  /** Puts the items in a random order, in place (Fisher and Yates). */
  shuffle(items: Uint32Array): void {
    for (let last = items.length - 1; last > 0; last--) {
      const other = this.#below(last + 1);
      const held = items[last] ?? 0;
      items[last] = items[other] ?? 0;
      items[other] = held;
    }
  }

  /** The numbers below `count` by blocks of `size`: the blocks in a random order, each in its own. */
  blocks(count: number, size: number): Uint32Array {
    const order = new Uint32Array(count);
    const blocks = Uint32Array.from({ length: Math.ceil(count / size) }, (_, block) => block);
    this.shuffle(blocks);
    let at = 0;
    for (const block of blocks) {
      const end = Math.min(count, (block + 1) * size);
      for (let item = block * size; item < end; item++) order[at++] = item;
    }
    return order;
  }

  /** A whole number from 0 to `bound` - 1, each as likely. */
  #below(bound: number): number {
    // What lies beyond the last whole multiple of the bound would favor small results: draw again.
    const limit = 2 ** 32 - (2 ** 32 % bound);
    let draw = this.#next();
    while (draw >= limit) draw = this.#next();
    return draw % bound;
  }

  #next(): number {
    const state = this.#state;
    const [a = 0, b = 0, c = 0, d = 0] = state;
    const result = Math.imul(rotate(Math.imul(b, 5), 7), 9) >>> 0;
    const c1 = c ^ a;
    const d1 = d ^ b;
    state[0] = a ^ d1;
    state[1] = b ^ c1;
    state[2] = c1 ^ (b << 9);
    state[3] = rotate(d1, 11);
    return result;
  }
}

function rotate(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits));
}
