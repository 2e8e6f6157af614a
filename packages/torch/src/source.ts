import type * as Files from 'node:fs/promises';
import { ArgumentError, UnsupportedError } from '@asgd/core';
import { CheckpointError } from './errors.ts';
import { checkLimit, type Limits, resolveLimits } from './limits.ts';

// Described by their form, so that the declarations need neither the DOM's types nor Node's.

/** A `Blob` or `File`, of which any range of bytes can be read. */
export interface BlobSource {
  /** In bytes. */
  readonly size: number;
  /** The bytes from `start` to before `end`, which are read by `arrayBuffer()`. */
  slice(start: number, end: number): { arrayBuffer(): Promise<ArrayBuffer> };
}

/** A `ReadableStream` of bytes, such as `response.body`. It is read to its end. */
export interface StreamSource {
  /** Its reader, which is read until it is done, and canceled if something goes wrong. */
  getReader(): {
    read(): Promise<{ readonly done: boolean; readonly value?: Uint8Array | undefined }>;
    cancel(reason?: unknown): Promise<void>;
  };
}

/** What a checkpoint is read from: its bytes, a Blob or File, a stream, or (in Node) a path or file URL. */
export type CheckpointSource =
  Uint8Array | ArrayBuffer | BlobSource | StreamSource | string | { readonly href: string };

/** A file with random access, wherever it is stored. */
export interface Source {
  readonly size: number;
  /** A copy of some bytes, at the start of a new buffer. Called only for ranges within `size`. */
  read(offset: number, length: number): Promise<Uint8Array<ArrayBuffer>>;
  close(): Promise<void>;
}

/** @throws ArgumentError, CheckpointError; UnsupportedError for a path in a browser */
export async function openSource(given: CheckpointSource, limits: Partial<Limits> = {}): Promise<Source> {
  if (given instanceof Uint8Array) return fromPieces([given]);
  if (given instanceof ArrayBuffer) return fromPieces([new Uint8Array(given)]);
  if (typeof given === 'string') return fromFile(given);
  if (typeof given === 'object' && given !== null) {
    if ('getReader' in given) return fromPieces(await readPieces(given, resolveLimits(limits)));
    if ('slice' in given && 'size' in given) return fromBlob(given);
    if ('href' in given) return fromFile(new URL(given.href));
  }
  throw new ArgumentError(
    `A checkpoint cannot be read from ${given === null ? 'null' : typeof given}: expected a Uint8Array, ` +
      `an ArrayBuffer, a Blob, a ReadableStream or, in Node, a path.`,
  );
}

/** Reads bytes from the source. @throws CheckpointError if the file ends before them */
export async function readExactly(
  source: Source,
  offset: number,
  length: number,
  what: string,
): Promise<Uint8Array<ArrayBuffer>> {
  if (offset + length > source.size) {
    throw new CheckpointError(
      `${what} ends at byte ${offset + length}, but the file has only ${source.size}: it is cut off or damaged.`,
    );
  }
  return source.read(offset, length);
}

/** Node reads at most 2 GiB at a time. */
const MOST_READ = 2 ** 30;

async function fromFile(path: string | URL): Promise<Source> {
  // Bundlers for browsers would fail on an import of Node's module. They do not see this.
  const files: typeof Files | undefined = globalThis.process?.getBuiltinModule?.('node:fs/promises');
  if (!files) {
    throw new UnsupportedError(
      `'${path}' is a path, which can be read in Node only: give the file as a Blob or its bytes, ` +
        `such as await (await fetch(url)).blob().`,
    );
  }
  const file = await files.open(path, 'r');
  const { size } = await file.stat();
  const read = async (offset: number, length: number): Promise<Uint8Array<ArrayBuffer>> => {
    const bytes = new Uint8Array(length);
    for (let done = 0; done < length;) {
      const { bytesRead } = await file.read(bytes, done, Math.min(MOST_READ, length - done), offset + done);
      if (bytesRead === 0) throw new Error(`${path} became shorter while it was read.`);
      done += bytesRead;
    }
    return bytes;
  };
  return { size, read, close: () => file.close() };
}

function fromBlob(blob: BlobSource): Source {
  return {
    size: blob.size,
    read: async (offset, length) => new Uint8Array(await blob.slice(offset, offset + length).arrayBuffer()),
    async close() {},
  };
}

/** The pieces are not joined: that would take their memory twice. */
function fromPieces(pieces: readonly Uint8Array[]): Source {
  const starts: number[] = [];
  let size = 0;
  for (const { length } of pieces) {
    starts.push(size);
    size += length;
  }
  const read = async (offset: number, length: number): Promise<Uint8Array<ArrayBuffer>> => {
    const bytes = new Uint8Array(length);
    for (let index = lastBelow(starts, offset), done = 0; done < length; index++) {
      const piece = pieces[index] as Uint8Array;
      const from = offset + done - (starts[index] as number);
      const part = piece.subarray(from, from + length - done);
      bytes.set(part, done);
      done += part.length;
    }
    return bytes;
  };
  return { size, read, async close() {} };
}

/** The index of the last of ascending numbers that is not above `value`. */
function lastBelow(ascending: readonly number[], value: number): number {
  let low = 0;
  let high = ascending.length;
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    if ((ascending[middle] as number) <= value) low = middle;
    else high = middle;
  }
  return low;
}

/** An archive's directory is at its end, so the whole stream has to arrive before anything can be read. */
async function readPieces(stream: StreamSource, limits: Limits): Promise<Uint8Array[]> {
  const reader = stream.getReader();
  const pieces: Uint8Array[] = [];
  try {
    for (let size = 0; ;) {
      const { done, value } = await reader.read();
      if (done) return pieces;
      if (!(value instanceof Uint8Array)) {
        throw new ArgumentError(`The stream gave ${typeof value}: expected a stream of Uint8Array.`);
      }
      size += value.length;
      checkLimit(limits, 'streamBytes', size, 'The stream');
      pieces.push(value);
    }
  } catch (error) {
    await reader.cancel(error).catch(() => {});
    throw error;
  }
}
