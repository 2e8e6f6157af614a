import { ArgumentError } from '@asgd/core';
import type { CheckpointFormat } from './document.ts';
import { type Limits, resolveLimits } from './limits.ts';

/** How a checkpoint is written. */
export interface SaveOptions {
  /** Default: `'pt'`. */
  readonly format?: CheckpointFormat;
  /** Texts for the `__metadata__` of a safetensors file. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** How deep values may be nested, and how many values there may be. */
  readonly limits?: Partial<Limits>;
}

/** The size of a piece, in bytes. */
const piece = 2 ** 24;

/**
 * The bytes of a checkpoint of `value`, which has the form that `loadCheckpoint` returns. `torch.load` reads a `.pt`
 * file with `weights_only=True`. Objects and Maps become dictionaries, arrays lists, frozen arrays tuples; a number
 * without a fraction becomes an integer. Tensors whose values overlap in memory share their storage. Do not change the
 * values until it is done.
 * @throws CheckpointError for a value that a checkpoint cannot hold, naming its place
 */
export async function saveCheckpoint(
  value: unknown,
  options: SaveOptions = {},
): Promise<Uint8Array<ArrayBuffer>> {
  const pieces = [...(await write(value, options))];
  const bytes = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of pieces) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/**
 * The same bytes piece by piece, for files larger than an array can be: `await writeFile(path, streamCheckpoint(v))` in
 * Node. Do not change the values before the last piece.
 * @throws CheckpointError like `saveCheckpoint`, before the first piece
 */
export async function* streamCheckpoint(
  value: unknown,
  options: SaveOptions = {},
): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
  for (const part of await write(value, options)) {
    // Copies, so that changing a piece does not change the values.
    for (let from = 0; from < part.length; from += piece) yield part.slice(from, from + piece);
  }
}

/** The code for each format is loaded when it is needed. */
async function write(
  value: unknown,
  { format = 'pt', metadata = {}, limits: given }: SaveOptions,
): Promise<Iterable<Uint8Array>> {
  const limits = resolveLimits(given);
  switch (format) {
    case 'pt':
      return (await import('./pt/write-pt.ts')).writePt(value, limits);
    case 'safetensors':
      return (await import('./safetensors/write-safetensors.ts')).writeSafetensors(value, metadata, limits);
    default:
      throw new ArgumentError(`The format is '${String(format)}': expected 'pt' or 'safetensors'.`);
  }
}
