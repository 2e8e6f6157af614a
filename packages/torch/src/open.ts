import { CheckpointError } from './errors.ts';
import type { CheckpointFormat, Document, StoredTensor } from './document.ts';
import { bytesPerElement, type TorchDType } from './dtype.ts';
import { findNamed } from './containers.ts';
import { Budget, type Limits, resolveLimits } from './limits.ts';
import { openPt } from './pt/read.ts';
import { type CheckpointSource, openSource, type Source } from './source.ts';
import { elementsIn, type TorchTensor } from './tensor.ts';
import { readTensor, readTensors } from './values.ts';

export interface LoadOptions {
  /** What the file may ask for. */
  readonly limits?: Partial<Limits>;
}

/** A tensor in a file that is open. */
export interface TensorEntry {
  /** The keys on the way to it: `optimizer.state.0.ax`. */
  readonly name: string;
  readonly dtype: TorchDType;
  readonly shape: readonly number[];
  /** What its elements take in the file. */
  readonly bytes: number;
  /** Tensors of one storage share their memory. In a safetensors file it is the range of bytes. */
  readonly storage: string;
  /** Reads its values, and nothing else. @throws CheckpointError */
  read(): Promise<TorchTensor>;
}

/** A checkpoint that is open: what is in it is known, and values are read when they are asked for. */
export interface Checkpoint extends AsyncDisposable {
  readonly format: CheckpointFormat;
  /** The `__metadata__` of a safetensors file; empty for others. */
  readonly metadata: Readonly<Record<string, string>>;
  readonly tensors: readonly TensorEntry[];
  /** What was saved, with all values. @throws CheckpointError */
  load(): Promise<unknown>;
  /** Closes the file. */
  close(): Promise<void>;
}

/**
 * Opens a checkpoint of PyTorch, `.pt` or safetensors, without reading its tensors' values: of a Blob or a file not
 * even their bytes, so that large ones can be read tensor by tensor.
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
    // Once without values, so that whatever is wrong with a tensor shows now.
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
 * Reads a checkpoint of PyTorch, `.pt` or safetensors, whole. It gives what `torch.save` was given: dictionaries as
 * plain objects, or as Maps where not all keys are strings; lists as arrays, tuples as frozen arrays; each tensor as
 * `{ dtype, shape, values }`. A safetensors file gives its tensors by name.
 * @typeParam Contents what is expected to be in the file; nothing checks it
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

/** Stands for a tensor whose values are not read. */
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

/** PyTorch's files of before 1.6 begin with a pickle of this number, and older ones yet are tar archives. */
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
      `The file has PyTorch's format of before 1.6, which is not read here. ${legacy}`,
    );
  }
  if (begins([0x75, 0x73, 0x74, 0x61, 0x72], 257)) {
    throw new CheckpointError(
      `The file is a tar archive, as PyTorch made before 0.1.10, or another. ${legacy}`,
    );
  }
  if (begins([0x80])) {
    throw new CheckpointError(
      'The file is a pickle without an archive around it: save it with torch.save instead.',
    );
  }
  const bytes = Array.from(start.subarray(0, 8), (byte) => byte.toString(16).padStart(2, '0')).join(' ');
  throw new CheckpointError(
    `The file ${file.size === 0 ? 'is empty' : `begins with ${bytes}`}: expected a checkpoint, of torch.save or safetensors.`,
  );
}
