/** MurmurHash3 (Appleby, public domain) of the first bytes, 32 bits for x86, seed 0: as a signed number. */
export function murmur3(bytes: Uint8Array, length: number): number {
  let hash = 0;
  const end = length & ~3;
  for (let at = 0; at < end; at += 4) {
    const word =
      (bytes[at] ?? 0) |
      ((bytes[at + 1] ?? 0) << 8) |
      ((bytes[at + 2] ?? 0) << 16) |
      ((bytes[at + 3] ?? 0) << 24);
    hash = Math.imul(rotate(hash ^ mix(word), 13), 5) + 0xe6546b64;
  }
  let rest = 0;
  for (let at = length - 1; at >= end; at--) rest = (rest << 8) | (bytes[at] ?? 0);
  hash = hash ^ mix(rest) ^ length;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}

function mix(word: number): number {
  return Math.imul(rotate(Math.imul(word, 0xcc9e2d51), 15), 0x1b873593);
}

function rotate(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits));
}
