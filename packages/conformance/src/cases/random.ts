/**
 * 32 random bits per call; the same seed gives the same bits everywhere. A counter advances by the golden ratio, and
 * MurmurHash3's finalizer scrambles it (Steele, Lea and Flood 2014, SplitMix, in 32 bits).
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
