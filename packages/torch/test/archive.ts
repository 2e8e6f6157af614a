import { type NewRecord, zip } from '../src/zip/write.ts';

/** An archive as torch.save makes them, with these records. */
export function archive(records: Readonly<Record<string, Uint8Array | string>>): Uint8Array<ArrayBuffer> {
  const made = Object.entries(records).map(([name, content]) =>
    recordOf(name, typeof content === 'string' ? new TextEncoder().encode(content) : content),
  );
  return join([...zip(made)]);
}

export function recordOf(name: string, bytes: Uint8Array): NewRecord {
  return { name: `archive/${name}`, size: bytes.length, pieces: () => [bytes] };
}

export function join(pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}

/** The bytes of a pickle: numbers as they are, texts a byte each character. */
export function pickleOf(...parts: readonly (number | string)[]): Uint8Array<ArrayBuffer> {
  return Uint8Array.from([
    0x80,
    2,
    ...parts.flatMap((part) =>
      typeof part === 'number' ? [part] : Array.from(part, (c) => c.charCodeAt(0)),
    ),
    0x2e,
  ]);
}

/** A text in a pickle. */
export function textOf(text: string): (number | string)[] {
  return [0x58, ...new Uint8Array(Uint32Array.of(new TextEncoder().encode(text).length).buffer), text];
}

/** A reference to a storage of floats. */
export function storageOf(key: string, length: number, type = 'FloatStorage'): (number | string)[] {
  return [
    '(',
    ...textOf('storage'),
    `ctorch\n${type}\n`,
    ...textOf(key),
    ...textOf('cpu'),
    ...intOf(length),
    'tQ',
  ];
}

export function intOf(value: number): number[] {
  return [0x4a, ...new Uint8Array(Int32Array.of(value).buffer)];
}

function tupleOf(values: readonly number[]): (number | string)[] {
  return ['(', ...values.flatMap(intOf), 't'];
}

/** A tensor in a pickle. */
export function tensorOf(
  storage: readonly (number | string)[],
  {
    offset = 0,
    size,
    stride,
  }: { readonly offset?: number; readonly size: number[]; readonly stride: number[] },
): (number | string)[] {
  const args = [...storage, ...intOf(offset), ...tupleOf(size), ...tupleOf(stride), 0x89, '}'];
  return ['ctorch._utils\n_rebuild_tensor_v2\n', '(', ...args, 'tR'];
}

/** Where some bytes are in others, from the end. */
export function lastIndexOf(bytes: Uint8Array, wanted: readonly number[]): number {
  for (let at = bytes.length - wanted.length; at >= 0; at--) {
    if (wanted.every((byte, i) => bytes[at + i] === byte)) return at;
  }
  return -1;
}
