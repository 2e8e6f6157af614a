import { createHash } from 'node:crypto';
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { reason, UserError } from '../errors.ts';

// A container holds plain data with typed arrays in it:
//
//   asgd-train checkpoint 1 bytes=<all that follows this line> sha256=<of all that follows this line>
//   {"any": "JSON", "an array": {"$array": "float32", "offset": 0, "length": 7840}}
//   <the arrays' bytes, little-endian, one after another; offsets count from here>
//
// So `head -n 2` shows what is in it, and a missing or changed byte is noticed.

const magic = 'asgd-train checkpoint';
const version = 1;
const lineFeed = 0x0a;

/** Node hashes and reads less than 2 GiB at a time, so both are done piece by piece. */
const pieceBytes = 2 ** 24;

const arrayTypes = { float32: Float32Array, float64: Float64Array } as const;

interface ArrayReference {
  readonly $array: keyof typeof arrayTypes;
  readonly offset: number;
  readonly length: number;
}

/** The pieces of a container, in order. */
export function encode(content: unknown): Uint8Array[] {
  const arrays: Uint8Array[] = [];
  let offset = 0;
  const text = JSON.stringify(content, (_key, value: unknown) => {
    if (!(value instanceof Float32Array) && !(value instanceof Float64Array)) return value;
    const reference: ArrayReference = {
      $array: value instanceof Float32Array ? 'float32' : 'float64',
      offset,
      length: value.length,
    };
    for (let at = 0; at < value.byteLength; at += pieceBytes) {
      const length = Math.min(pieceBytes, value.byteLength - at);
      arrays.push(new Uint8Array(value.buffer, value.byteOffset + at, length));
    }
    offset += value.byteLength;
    return reference;
  });
  const header = Buffer.from(`${text}\n`);
  const digest = createHash('sha256').update(header);
  for (const array of arrays) digest.update(array);
  const first = `${magic} ${version} bytes=${header.length + offset} sha256=${digest.digest('hex')}\n`;
  return [Buffer.from(first), header, ...arrays];
}

/** The plain data that `encode` was given; refuses a file that holds anything else, or is not whole. */
export function decode(file: string): unknown {
  try {
    const source = new Source(file);
    try {
      return readContent(file, source);
    } finally {
      source.close();
    }
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(`cannot read checkpoint ${file}: ${reason(error)}`);
  }
}

function readContent(file: string, source: Source): unknown {
  const head = source.bytes(0, Math.min(256, source.size));
  const firstEnd = head.indexOf(lineFeed);
  const first = head.subarray(0, firstEnd < 0 ? 256 : firstEnd).toString();
  if (!first.startsWith(`${magic} `)) {
    const found = head.length === 0 ? 'an empty file' : JSON.stringify(first.slice(0, 24));
    throw new UserError(`${file} is not a checkpoint: found ${found}, expected a file that --save wrote`);
  }
  const [, found = '', bytesText = '', sha256 = ''] =
    /^(\d+) bytes=(\d+) sha256=([0-9a-f]{64})$/.exec(first.slice(magic.length + 1)) ?? [];
  if (firstEnd >= 0 && found !== '' && Number(found) !== version) {
    throw new UserError(
      `${file} is a checkpoint of version ${found}, but this asgd-train reads version ${version}`,
    );
  }
  const start = firstEnd + 1;
  const rest = source.size - start;
  if (firstEnd < 0 || rest < Number(bytesText)) {
    const size = firstEnd < 0 ? 'its first line' : `${start + Number(bytesText)} bytes`;
    throw new UserError(`${file} is cut short: found ${source.size} bytes, expected ${size}`);
  }
  if (rest !== Number(bytesText) || source.sha256(start) !== sha256) {
    throw new UserError(`${file} is damaged: its contents do not match the checksum that --save wrote`);
  }
  const headerEnd = source.find(lineFeed, start);
  return revive(file, source, source.bytes(start, headerEnd - start).toString(), headerEnd + 1);
}

/** Parses the header. Its arrays must follow one another from `body` on, as `encode` writes them. */
function revive(file: string, source: Source, text: string, body: number): unknown {
  let at = body;
  const strange = (): UserError =>
    new UserError(
      `${file} is not a checkpoint: its checksum is right, but --save did not write its contents`,
    );
  let content: unknown;
  try {
    content = JSON.parse(text, (_key, value: unknown) => {
      if (typeof value !== 'object' || value === null || !('$array' in value)) return value;
      const { $array, offset, length } = value as Partial<ArrayReference>;
      const Type = $array !== undefined && Object.hasOwn(arrayTypes, $array) ? arrayTypes[$array] : undefined;
      if (Type === undefined || offset !== at - body || !Number.isSafeInteger(length)) throw strange();
      const size = (length ?? 0) * Type.BYTES_PER_ELEMENT;
      if (size < 0 || at + size > source.size) throw strange();
      const array = new Type(length ?? 0);
      source.read(new Uint8Array(array.buffer), at);
      at += size;
      return array;
    });
  } catch (error) {
    throw error instanceof SyntaxError ? strange() : error;
  }
  if (at !== source.size) throw strange();
  return content;
}

/** A file, read at any position. */
class Source {
  readonly #descriptor: number;
  readonly size: number;

  constructor(file: string) {
    // Do not wait for a pipe that nobody writes to.
    this.#descriptor = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
    const status = fstatSync(this.#descriptor);
    this.size = status.size;
    if (status.isFile()) return;
    this.close();
    throw new Error(status.isDirectory() ? 'it is a folder' : 'it is not a regular file');
  }

  close(): void {
    closeSync(this.#descriptor);
  }

  /** Fills an array of any size. */
  read(into: Uint8Array, from: number): void {
    for (let at = 0; at < into.length;) {
      const length = Math.min(pieceBytes, into.length - at);
      const count = readSync(this.#descriptor, into, at, length, from + at);
      if (count === 0) throw new Error('it became shorter while it was read');
      at += count;
    }
  }

  bytes(from: number, length: number): Buffer {
    const found = Buffer.alloc(length);
    this.read(found, from);
    return found;
  }

  sha256(from: number): string {
    const digest = createHash('sha256');
    for (const piece of this.#pieces(from)) digest.update(piece);
    return digest.digest('hex');
  }

  /** The position of the first such byte; the end if there is none. */
  find(byte: number, from: number): number {
    let at = from;
    for (const piece of this.#pieces(from)) {
      const place = piece.indexOf(byte);
      if (place >= 0) return at + place;
      at += piece.length;
    }
    return at;
  }

  *#pieces(from: number): Generator<Uint8Array> {
    const piece = new Uint8Array(Math.min(pieceBytes, this.size - from));
    for (let at = from; at < this.size; at += piece.length) {
      const part = piece.subarray(0, Math.min(piece.length, this.size - at));
      this.read(part, at);
      yield part;
    }
  }
}
