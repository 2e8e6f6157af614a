// The format: https://github.com/huggingface/safetensors, whose reference implementation checks the same things.
import { bytesPerElement, dtypeOfSafetensors, type TorchDType } from '../dtype.ts';
import { CheckpointError } from '../errors.ts';
import { elementsIn } from '../tensor.ts';
import { findDuplicateKey } from './duplicate-key.ts';

/** The file starts with the header's size, in this many bytes. */
export const sizeBytes = 8;
/** The limit of the reference implementation. */
export const longestHeader = 100_000_000;

export interface Header {
  readonly metadata: Readonly<Record<string, string>>;
  readonly tensors: readonly HeaderTensor[];
}

export interface HeaderTensor {
  readonly name: string;
  readonly dtype: TorchDType;
  readonly shape: readonly number[];
  /** Its range of bytes in the data, which begins after the header. */
  readonly from: number;
  readonly to: number;
}

/** Reads a header, and checks it against the bytes of data after it. @throws CheckpointError */
export function parseHeader(text: string, dataSize: number): Header {
  const parsed = parseJSON(text);
  const { __metadata__: metadata, ...entries } = parsed;
  const tensors = Object.entries(entries).map(([name, entry]) => parseTensor(name, entry));
  checkOffsets(tensors, dataSize);
  return { metadata: parseMetadata(metadata), tensors };
}

function parseJSON(text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new CheckpointError(`The header of the safetensors file is not JSON: ${String(cause)}`, { cause });
  }
  if (!isRecord(value)) throw new CheckpointError('The header of the safetensors file is not a JSON object.');
  const duplicate = findDuplicateKey(text);
  if (duplicate !== undefined) {
    throw new CheckpointError(`The header of the safetensors file has the key '${duplicate}' twice.`);
  }
  if (Object.hasOwn(value, '__proto__')) {
    throw new CheckpointError(
      `The safetensors file has a tensor '__proto__', which is refused: it could change other objects.`,
    );
  }
  return value;
}

function parseMetadata(metadata: unknown): Readonly<Record<string, string>> {
  if (metadata === undefined || metadata === null) return {};
  if (isRecord(metadata) && !Object.hasOwn(metadata, '__proto__')) {
    const entries = Object.entries(metadata);
    if (entries.every((entry): entry is [string, string] => typeof entry[1] === 'string')) {
      return Object.fromEntries(entries);
    }
  }
  throw new CheckpointError('The __metadata__ of the safetensors file is not an object of texts.');
}

function parseTensor(name: string, entry: unknown): HeaderTensor {
  const { dtype: given, shape, data_offsets: offsets } = isRecord(entry) ? entry : {};
  if (typeof given !== 'string' || !isSizes(shape) || !isSizes(offsets) || offsets.length !== 2) {
    throw new CheckpointError(
      `The header's entry of '${name}' does not describe a tensor: ` +
        `expected { "dtype": text, "shape": integers, "data_offsets": two integers }.`,
    );
  }
  const dtype = dtypeOfSafetensors(given);
  if (dtype === undefined) {
    throw new CheckpointError(`Tensor '${name}' has the dtype ${given}, which has no counterpart here.`);
  }
  const [from, to] = offsets as [number, number];
  const bytes = elementsIn(shape) * bytesPerElement(dtype);
  if (!(to - from === bytes)) {
    throw new CheckpointError(
      `Tensor '${name}' has bytes ${from} to ${to}: expected ${bytes} bytes, for ${given} of shape [${shape.join(', ')}].`,
    );
  }
  return { name, dtype, shape, from, to };
}

/** The tensors' bytes follow each other without overlaps or holes, and end with the file. */
function checkOffsets(tensors: readonly HeaderTensor[], dataSize: number): void {
  let end = 0;
  for (const { name, from, to } of tensors.toSorted((a, b) => a.from - b.from || a.to - b.to)) {
    if (from !== end) {
      throw new CheckpointError(
        `The bytes of tensor '${name}' begin at ${from}, but those before it end at ${end}: ` +
          `expected no ${from < end ? 'overlap' : 'gap'}.`,
      );
    }
    end = to;
  }
  if (end !== dataSize) {
    throw new CheckpointError(
      `The tensors take ${end} bytes, but ${dataSize} follow the header: the safetensors file is ` +
        `${end > dataSize ? 'cut off' : 'longer than it says'}.`,
    );
  }
}

function isSizes(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && (size as number) >= 0);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
