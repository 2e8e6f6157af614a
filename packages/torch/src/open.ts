import { CheckpointError } from './errors.ts';
import type { CheckpointFormat, Document, StoredTensor } from './document.ts';
import { bytesPerElement, type TorchDType } from './dtype.ts';
import { findNamed } from './containers.ts';
import { Budget, type Limits, resolveLimits } from './limits.ts';
import { openPt } from './pt/read.ts';
import { type CheckpointSource, openSource, type Source } from './source.ts';
import { elementsIn, type TorchTensor } from './tensor.ts';
import { readTensor, readTensors } from './values.ts';

/** How a checkpoint is read. */
export interface LoadOptions {
  /** How much the file may ask for. */
  readonly limits?: Partial<Limits>;
}

/** A tensor in an open file. */
export interface TensorEntry {
  /** The keys that lead to it: `optimizer.state.0.ax`. */
  readonly name: string;
  /** What it holds. */
  readonly dtype: TorchDType;
  /** The extent of each dimension; empty for a single number. */
  readonly shape: readonly number[];
  /** How many bytes its elements take in the file. */
  readonly bytes: number;
  /** Tensors of one storage share their memory. In a safetensors file, this is the range of bytes. */
  readonly storage: string;
  /** Reads only its values. @throws CheckpointError */
  read(): Promise<TorchTensor>;
}

/** An open checkpoint: its contents are known, and values are read on request. */
export interface Checkpoint extends AsyncDisposable {
  /** How the file is laid out. */
  readonly format: CheckpointFormat;
  /** The `__metadata__` of a safetensors file; empty for others. */
  readonly metadata: Readonly<Record<string, string>>;
  /** Every tensor in it, in the order in which they were saved. */
  readonly tensors: readonly TensorEntry[];
  /** What was saved, with all values. @throws CheckpointError */
  load(): Promise<unknown>;
  /** Closes the file. */
  close(): Promise<void>;
}

/**
 * Opens a checkpoint of PyTorch, `.pt` or safetensors, without its tensors' values. From a Blob or a file it does not
 * read their bytes either, so that you can read large ones tensor by tensor.
 * @throws CheckpointError, ArgumentError; UnsupportedError for a path in a browser; what Node throws for a file
 */
export async function openCheckpoint(
  source: CheckpointSource,
  { limits: given }: LoadOptions = {},
): Promise<Checkpoint> {
  const file = await openSource(source, given);
  try {
    const limits = resolveLimits(given, file.size);
    const document = await openDocument(file, limits);
    // Once without values, so that a mistake in any tensor shows now.
    const contents = document.contents((tensor) => new Place(tensor));
    const places = findNamed(contents, (value) => value instanceof Place);
    const close = (): Promise<void> => file.close();
    return {
      format: document.format,
      metadata: document.metadata,
      tensors: places.map((place) => toEntry(place, limits)),
      load: () => loadDocument(document, new Set(places.map(({ found }) => found.tensor)), limits),
      close,
      [Symbol.asyncDispose]: close,
    };
  } catch (error) {
    await file.close();
    throw error;
  }
}

/**
 * Reads a whole checkpoint of PyTorch, `.pt` or safetensors. It returns what `torch.save` was given: dictionaries as
 * plain objects, or as Maps if some keys are not strings; lists as arrays, tuples as frozen arrays; each tensor as
 * `{ dtype, shape, values }`. A safetensors file gives its tensors by name.
 * @typeParam Contents the expected contents of the file, which nothing checks
 * @throws CheckpointError, ArgumentError; UnsupportedError for a path in a browser; what Node throws for a file
 */
export async function loadCheckpoint<Contents = Record<string, unknown>>(
  source: CheckpointSource,
  options: LoadOptions = {},
): Promise<Contents> {
  const checkpoint = await openCheckpoint(source, options);
  try {
    return (await checkpoint.load()) as Contents;
  } finally {
    await checkpoint.close();
  }
}

async function loadDocument(
  document: Document,
  tensors: Iterable<StoredTensor>,
  limits: Limits,
): Promise<unknown> {
  const values = await readTensors(tensors, new Budget(limits));
  return document.contents((tensor) => values.get(tensor));
}

/** Takes the place of a tensor whose values are not read. */
class Place {
  readonly tensor: StoredTensor;

  constructor(tensor: StoredTensor) {
    this.tensor = tensor;
  }
}

function toEntry(
  { name, found: { tensor } }: { readonly name: string; readonly found: Place },
  limits: Limits,
): TensorEntry {
  const { dtype, shape } = tensor.placement;
  return {
    name,
    dtype,
    shape: [...shape],
    bytes: elementsIn(shape) * bytesPerElement(dtype),
    storage: tensor.storage.name,
    read: () => readTensor(tensor, new Budget(limits)),
  };
}

/** Files from before PyTorch 1.6 begin with a pickle of this number. Even older ones are tar archives. */
const legacyMagic = [0x80, 0x02, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19];

async function openDocument(file: Source, limits: Limits): Promise<Document> {
  const start = await file.read(0, Math.min(file.size, 264));
  const begins = (bytes: readonly number[], at = 0): boolean =>
    bytes.every((byte, i) => start[at + i] === byte);
  if (begins([0x50, 0x4b])) return openPt(file, limits);
  if (begins([0x7b], 8)) {
    const { openSafetensors } = await import('./safetensors/read-safetensors.ts');
    return openSafetensors(file, limits);
  }
  const legacy = 'Load it in PyTorch and save it again: torch.save(torch.load(old), new).';
  if (begins(legacyMagic)) {
    throw new CheckpointError(
      `The file has the format from before PyTorch 1.6, which is not supported here. ${legacy}`,
    );
  }
  if (begins([0x75, 0x73, 0x74, 0x61, 0x72], 257)) {
    throw new CheckpointError(`The file is a tar archive, maybe of PyTorch before 0.1.10. ${legacy}`);
  }
  if (begins([0x80])) {
    throw new CheckpointError(
      'The file is a pickle without an archive around it: save it with torch.save instead.',
    );
  }
  const bytes = Array.from(start.subarray(0, 8), (byte) => byte.toString(16).padStart(2, '0')).join(' ');
  throw new CheckpointError(
    `The file ${file.size === 0 ? 'is empty' : `begins with ${bytes}`}: expected a checkpoint from torch.save or safetensors.`,
  );
}
