import { createHash } from 'node:crypto';
import { UserError } from '../errors.ts';

// A container holds plain data with typed arrays in it:
//
//   asgd-train checkpoint 1 bytes=<all that follows this line> sha256=<of all that follows this line>
//   {"any": "JSON", "an array": {"$array": "float32", "offset": 0, "length": 7840}}
//   <the arrays' bytes, little-endian, one after another; offsets count from here>
//
// So `head -n 2` shows what is in it, and neither a missing byte nor a changed one goes unnoticed.

const magic = 'asgd-train checkpoint';
const version = 1;
const lineFeed = 0x0a;

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
    arrays.push(new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
    offset += value.byteLength;
    return reference;
  });
  const header = Buffer.from(`${text}\n`);
  const digest = createHash('sha256').update(header);
  for (const array of arrays) digest.update(array);
  const first = `${magic} ${version} bytes=${header.length + offset} sha256=${digest.digest('hex')}\n`;
  return [Buffer.from(first), header, ...arrays];
}

/** The plain data that `encode` was given; refuses whatever else, or is not whole. */
export function decode(file: string, bytes: Uint8Array): unknown {
  const firstEnd = bytes.subarray(0, 256).indexOf(lineFeed);
  const first = Buffer.from(bytes.subarray(0, firstEnd < 0 ? 256 : firstEnd)).toString();
  if (!first.startsWith(`${magic} `)) {
    const found = bytes.length === 0 ? 'an empty file' : JSON.stringify(first.slice(0, 24));
    throw new UserError(`${file} is no checkpoint: found ${found}, expected a file that --save has written`);
  }
  const [, found = '', bytesText = '', sha256 = ''] =
    /^(\d+) bytes=(\d+) sha256=([0-9a-f]{64})$/.exec(first.slice(magic.length + 1)) ?? [];
  if (firstEnd >= 0 && found !== '' && Number(found) !== version) {
    throw new UserError(
      `${file} is a checkpoint of version ${found}, this asgd-train reads version ${version}`,
    );
  }
  const rest = bytes.subarray(firstEnd + 1);
  if (firstEnd < 0 || rest.length < Number(bytesText)) {
    const size = firstEnd < 0 ? 'its first line' : `${firstEnd + 1 + Number(bytesText)} bytes`;
    throw new UserError(`${file} is cut short: found ${bytes.length} bytes, expected ${size}`);
  }
  if (rest.length !== Number(bytesText) || createHash('sha256').update(rest).digest('hex') !== sha256) {
    throw new UserError(`${file} is damaged: its contents are not those that --save wrote (checksum)`);
  }
  const headerEnd = rest.indexOf(lineFeed);
  return revive(Buffer.from(rest.subarray(0, headerEnd)).toString(), rest.subarray(headerEnd + 1));
}

function revive(text: string, body: Uint8Array): unknown {
  return JSON.parse(text, (_key, value: unknown) => {
    if (typeof value !== 'object' || value === null || !('$array' in value)) return value;
    const { $array, offset, length } = value as ArrayReference; // the checksum says that encode wrote it
    const Type = arrayTypes[$array];
    // A copy begins at an address that suits the type, whatever the offset.
    return new Type(new Uint8Array(body.subarray(offset, offset + length * Type.BYTES_PER_ELEMENT)).buffer);
  });
}
