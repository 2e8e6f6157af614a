import { constants, createReadStream, openSync, statSync, type Stats } from 'node:fs';
import { Socket } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { reason, UserError } from '../errors.ts';

/** How a file is read. */
export interface Reading {
  /** Bytes read at a time. */
  readonly chunkBytes?: number | undefined;
  /** Called after each read with the bytes read so far, as they are in the file (compressed, if it is). */
  readonly onRead?: ((bytes: number) => void) | undefined;
  /** Stops reading and throws the reason. */
  readonly signal?: AbortSignal | undefined;
}

const defaultChunkBytes = 256 * 1024;

/** A file's size in bytes, 0 if it has none (a pipe). Refuses a missing file and a folder at once. */
export function sizeOf(file: string): number {
  return regular(file) ? stats(file).size : 0;
}

/** Whether a file can be read twice. */
export function regular(file: string): boolean {
  const found = stats(file);
  if (found.isDirectory()) throw new UserError(`cannot read ${file}: it is a folder`);
  return found.isFile();
}

/** Changes when a file is written to or replaced. */
export function identityOf(file: string): string {
  const { dev, ino, size, mtimeMs, ctimeMs } = stats(file);
  return [dev, ino, size, mtimeMs, ctimeMs].join(' ');
}

function stats(file: string): Stats {
  try {
    return statSync(file);
  } catch (error) {
    throw new UserError(`cannot read ${file}: ${reason(error)}`);
  }
}

/** A file's contents in chunks, unpacked if the first two bytes say that it is gzipped. */
export async function* readBytes(file: string, reading: Reading = {}): AsyncGenerator<Uint8Array> {
  const stored = storedBytes(file, reading);
  const head: Uint8Array[] = [];
  let headBytes = 0;
  while (headBytes < 2) {
    const next = await stored.next();
    if (next.done === true) break;
    head.push(next.value);
    headBytes += next.value.length;
  }
  const all = chain(head, stored);
  if (isGzip(head)) yield* unpack(file, all);
  else yield* all;
}

async function* storedBytes(file: string, reading: Reading): AsyncGenerator<Uint8Array> {
  regular(file);
  const { signal } = reading;
  let bytes = 0;
  try {
    for await (const chunk of open(file, reading)) {
      signal?.throwIfAborted();
      const piece = chunk as Buffer; // no encoding is set, so the stream gives buffers
      bytes += piece.length;
      reading.onRead?.(bytes);
      yield piece;
    }
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof UserError) throw error;
    throw new UserError(`cannot read ${file}: ${reason(error)}`);
  }
}

function open(file: string, { chunkBytes = defaultChunkBytes, signal }: Reading): Readable {
  if (!stats(file).isFIFO()) {
    return createReadStream(file, { highWaterMark: chunkBytes, ...(signal === undefined ? {} : { signal }) });
  }
  // Waiting for a pipe that nobody writes to would block a thread, and with it the end of the program. So the system is
  // asked to tell when there is something to read.
  const fd = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
  return new Socket({ fd, readable: true, writable: false, ...(signal === undefined ? {} : { signal }) });
}

/** First some chunks, then the others. */
export async function* chain(
  head: readonly Uint8Array[],
  rest: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  yield* head;
  yield* rest;
}

/** RFC 1952: a gzip member begins with 1f 8b. */
function isGzip(head: readonly Uint8Array[]): boolean {
  const [first, second] = head.flatMap((chunk) => [...chunk.subarray(0, 2)]);
  return first === 0x1f && second === 0x8b;
}

async function* unpack(file: string, packed: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const gunzip = createGunzip();
  const feeding = pipeline(Readable.from(packed), gunzip);
  // The failure also ends the loop below, where it is reported.
  feeding.catch(() => undefined);
  try {
    for await (const chunk of gunzip) yield chunk as Buffer; // a zlib stream without an encoding gives buffers
  } catch (error) {
    if (error instanceof Error && 'code' in error && String(error.code).startsWith('Z_')) {
      throw new UserError(`${file}: the gzip data is damaged or cut short (${error.message})`);
    }
    throw error;
  } finally {
    gunzip.destroy();
  }
}
