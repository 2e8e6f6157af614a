import { ArgumentError } from '@asgd/core';
import type { CheckpointFormat } from './document.ts';
import { type Limits, resolveLimits } from './limits.ts';
import { writePt } from './pt/write.ts';
import { writeSafetensors } from './safetensors/write.ts';

export interface SaveOptions {
  /** Default: `'pt'`. */
  readonly format?: CheckpointFormat;
  /** Texts for the `__metadata__` of a safetensors file. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** How deep values may be nested, and how many there may be. */
  readonly limits?: Partial<Limits>;
}

/** Bytes that are handed on at a time. */
const piece = 2 ** 24;

/**
 * The bytes of a checkpoint: what `loadCheckpoint` gives, or has the same form. A `.pt` file is read by `torch.load`
 * with `weights_only=True`. Objects and Maps become dictionaries, arrays lists, frozen arrays tuples; a number without
 * a fraction becomes an integer. Tensors whose values overlap in memory share their storage.
 * @throws CheckpointError for what a checkpoint cannot hold, naming its place
 */
export function saveCheckpoint(value: unknown, options: SaveOptions = {}): Uint8Array<ArrayBuffer> {
  const pieces = [...write(value, options)];
  const bytes = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of pieces) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/**
 * The same bytes piece by piece, for files larger than an array can be: `await writeFile(path, streamCheckpoint(v))`.
 * The values must not change before the stream has ended.
 * @throws CheckpointError as `saveCheckpoint`
 */
export function streamCheckpoint(value: unknown, options: SaveOptions = {}): ReadableStream<Uint8Array> {
  const pieces = inPieces(write(value, options));
  return new ReadableStream({
    pull(controller) {
      const { done, value: next } = pieces.next();
      if (done) controller.close();
      else controller.enqueue(next);
    },
  });
}

function write(value: unknown, { format = 'pt', metadata = {}, limits: given }: SaveOptions): Iterable<Uint8Array> {
  const limits = resolveLimits(given);
  if (format === 'pt') return writePt(value, limits);
  if (format === 'safetensors') return writeSafetensors(value, metadata, limits);
  throw new ArgumentError(`The format is '${String(format)}': expected 'pt' or 'safetensors'.`);
}

/** Copies, so that what a reader does to a piece does nothing to the values. */
function* inPieces(parts: Iterable<Uint8Array>): Generator<Uint8Array> {
  for (const part of parts) {
    for (let from = 0; from < part.length; from += piece) yield part.slice(from, from + piece);
  }
}
