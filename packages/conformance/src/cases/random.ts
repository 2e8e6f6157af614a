/**
 * 32 random bits at a call, the same ones for the same seed everywhere. A counter stepped by the golden ratio
 * and scrambled by MurmurHash3's finalizer (Steele, Lea and Flood 2014, SplitMix, in 32 bits).
 */
export function randomBits(seed: number): () => number {
  let counter = seed | 0;
  return () => {
    counter = (counter + 0x9e3779b9) | 0;
    let bits = counter;
    bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
    bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
    return (bits ^ (bits >>> 16)) >>> 0;
  };
}
