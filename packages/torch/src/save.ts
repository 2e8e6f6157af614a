import { ArgumentError } from '@asgd/core';
import type { CheckpointFormat } from './document.ts';
import { type Limits, resolveLimits } from './limits.ts';

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
 * a fraction becomes an integer. Tensors whose values overlap in memory share their storage. The values must not change
 * meanwhile.
 * @throws CheckpointError for what a checkpoint cannot hold, naming its place
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
 * Node. The values must not change before the last.
 * @throws CheckpointError as `saveCheckpoint`, before the first
 */
export async function* streamCheckpoint(
  value: unknown,
  options: SaveOptions = {},
): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
  for (const part of await write(value, options)) {
    // Copies, so that what is done to a piece does nothing to the values.
    for (let from = 0; from < part.length; from += piece) yield part.slice(from, from + piece);
  }
}

/** Each format is loaded when it is needed. */
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
