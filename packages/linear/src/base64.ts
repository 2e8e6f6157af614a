/** The bytes of numbers in base64, little-endian: every bit of them in JSON. */
export function toBase64(numbers: Float64Array): string {
  const bytes = new Uint8Array(8 * numbers.length);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < numbers.length; i++) view.setFloat64(8 * i, numbers[i] ?? 0, true);
  let text = '';
  // In parts: a call takes only so many arguments.
  for (let at = 0; at < bytes.length; at += 8192) {
    text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  }
  return btoa(text);
}

/** What `toBase64` was given; nothing when it is not such a text. */
export function fromBase64(text: unknown): Float64Array | undefined {
  if (typeof text !== 'string') return undefined;
  let decoded: string;
  try {
    decoded = atob(text);
  } catch {
    return undefined;
  }
  if (decoded.length % 8 !== 0) return undefined;
  // Plain loops: from() of a text or of a length would take tens of bytes for each number.
  const view = new DataView(new ArrayBuffer(decoded.length));
  for (let i = 0; i < decoded.length; i++) view.setUint8(i, decoded.charCodeAt(i));
  const numbers = new Float64Array(decoded.length / 8);
  for (let i = 0; i < numbers.length; i++) numbers[i] = view.getFloat64(8 * i, true);
  return numbers;
}
