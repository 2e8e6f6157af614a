import type { RealArray, RealDType } from '@asgd/core';
import { randomBits } from './cases/random.ts';
import { roundTo, zeros } from './rounding.ts';

/** Pseudorandom numbers, the same in every run on every machine. */
export class Random {
  readonly #bits: () => number;

  /** Any text: the same seed gives the same numbers. */
  constructor(seed: string) {
    // FNV-1a, 32 bits.
    let hash = 0x811c9dc5;
    for (const character of seed) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193);
    this.#bits = randomBits(hash);
  }

  /** In [0, 1), from 52 random bits, the size of a float64's fraction. */
  fraction(): number {
    return (this.#bits() * 2 ** 20 + (this.#bits() >>> 12)) / 2 ** 52;
  }

  /** An integer in [0, limit). */
  integer(limit: number): number {
    return Math.floor(this.fraction() * limit);
  }

  /** A number of either sign whose binary exponent is uniform in [low, high). */
  magnitude(low: number, high: number): number {
    const exponent = low + this.integer(high - low);
    const sign = this.#bits() % 2 === 0 ? 1 : -1;
    return sign * (1 + this.fraction()) * 2 ** exponent;
  }

  /**
   * `length` numbers of the dtype, each rounded to it.
   * @param period after how many they repeat
   */
  fill(
    dtype: RealDType,
    length: number,
    draw: (random: Random) => number,
    period: number = length,
  ): RealArray {
    const values = zeros(dtype, length);
    const drawn = Math.min(length, period);
    for (let index = 0; index < drawn; index++) values[index] = roundTo(dtype, draw(this));
    for (let filled = drawn; filled > 0 && filled < length; filled *= 2) values.copyWithin(filled, 0, filled);
    return values;
  }
}
