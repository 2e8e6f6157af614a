import { describe, expect, test } from 'vitest';
import { hash, Random } from '../src/random.ts';

describe('Random', () => {
  test('gives the same numbers for the same seeds, and others for other seeds', () => {
    const draw = (...seeds: number[]): number[] => {
      const random = new Random(...seeds);
      return Array.from({ length: 100 }, () => random.next());
    };
    expect(draw(1, 2)).toStrictEqual(draw(1, 2));
    expect(draw(1, 2)).not.toStrictEqual(draw(2, 1));
    expect(draw(1)).not.toStrictEqual(draw(1, 0));
    expect(draw(2 ** 32)).not.toStrictEqual(draw(0));
  });

  test('follows xoshiro128** as its authors publish it', () => {
    // The published algorithm on the state that the class starts from, in exact integers.
    let s = [0, 1, 2, 3].map((i) => BigInt(hash(7, 11, i)));
    const mask = 0xffffffffn;
    const rotate = (x: bigint, k: bigint): bigint => ((x << k) | (x >> (32n - k))) & mask;
    const random = new Random(7, 11);
    for (let i = 0; i < 1000; i += 1) {
      const [s0 = 0n, s1 = 0n, s2 = 0n, s3 = 0n] = s;
      expect(random.next()).toBe(Number((rotate((s1 * 5n) & mask, 7n) * 9n) & mask));
      const t = (s1 << 9n) & mask;
      const n2 = s2 ^ s0;
      const n3 = s3 ^ s1;
      s = [s0 ^ n3, s1 ^ n2, n2 ^ t, rotate(n3, 11n)];
    }
  });

  test('draws below a bound evenly', () => {
    const random = new Random(3);
    const counts = Array.from({ length: 7 }, () => 0);
    for (let i = 0; i < 70_000; i += 1) {
      const draw = random.below(7);
      counts[draw] = (counts[draw] ?? NaN) + 1;
    }
    // Five standard deviations of a binomial count of 70 000 draws at 1/7.
    for (const count of counts) {
      expect(Math.abs(count - 10_000)).toBeLessThan(5 * Math.sqrt(70_000 * (6 / 49)));
    }
  });

  test('shuffles into every order', () => {
    const seen = new Set<string>();
    for (let seed = 0; seed < 500; seed += 1) {
      const items = Uint32Array.of(0, 1, 2, 3);
      new Random(seed).shuffle(items);
      expect([...items].toSorted((a, b) => a - b)).toStrictEqual([0, 1, 2, 3]);
      seen.add(items.join());
    }
    expect(seen.size).toBe(24);
  });
});
