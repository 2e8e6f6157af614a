import { isPlainObject } from '../containers.ts';
import { encode, layoutOf, bytesPerElement } from '../dtype.ts';
import { CheckpointError } from '../errors.ts';
import type { Limits } from '../limits.ts';
import { isTorchTensor, type TorchTensor } from '../tensor.ts';
import { longestHeader, sizeBytes } from './header.ts';
import { structureKey, toStructure } from './structure.ts';

/**
 * The bytes of a safetensors file. An object of tensors becomes just these, by name. For anything else, the tensors are
 * named by the keys that lead to them, and the rest is JSON in the metadata. @throws CheckpointError before the first
 */
export function writeSafetensors(
  value: unknown,
  metadata: Readonly<Record<string, string>>,
  limits: Limits,
): Iterable<Uint8Array> {
  if (isTensors(value)) return write(new Map(Object.entries(value)), metadata);
  const { json, tensors } = toStructure(value, limits);
  return write(tensors, { ...metadata, [structureKey]: json });
}

function isTensors(value: unknown): value is Record<string, TorchTensor> {
  return (
    isPlainObject(value) && !Object.hasOwn(value, '__metadata__') && Object.values(value).every(isTorchTensor)
  );
}

function write(
  tensors: ReadonlyMap<string, TorchTensor>,
  metadata: Readonly<Record<string, string>>,
): Iterable<Uint8Array> {
  // Wide ones first, as in the reference implementation, so that each starts at a multiple of its width.
  const inOrder = [...tensors].toSorted(([a, s], [b, t]) => widthOf(t) - widthOf(s) || (a < b ? -1 : 1));
  let end = 0;
  const entries = inOrder.map(([name, tensor]) => {
    const { dtype, shape } = tensor;
    const from = end;
    end += (tensor.values.length / layoutOf(dtype).lanes) * bytesPerElement(dtype);
    return [name, { dtype: nameOf(name, tensor), shape, data_offsets: [from, end] }] as const;
  });
  const hasMetadata = Object.keys(metadata).length > 0;
  const header = Object.fromEntries<unknown>([
    ...(hasMetadata ? [['__metadata__', metadata] as const] : []),
    ...entries,
  ]);
  const json = new TextEncoder().encode(JSON.stringify(header));
  // Spaces pad it to a multiple of 8.
  const size = Math.ceil(json.length / 8) * 8;
  if (size > longestHeader) {
    throw new CheckpointError(`The header would have ${size} bytes: safetensors allows ${longestHeader}.`);
  }
  const start = new Uint8Array(sizeBytes + size).fill(0x20);
  new DataView(start.buffer).setBigUint64(0, BigInt(size), true);
  start.set(json, sizeBytes);
  return pieces(
    start,
    inOrder.map(([, tensor]) => tensor),
  );
}

function* pieces(start: Uint8Array, tensors: readonly TorchTensor[]): Generator<Uint8Array> {
  yield start;
  for (const { values, dtype } of tensors) yield encode(values, dtype);
}

function widthOf({ dtype }: TorchTensor): number {
  return bytesPerElement(dtype);
}

function nameOf(name: string, { dtype }: TorchTensor): string {
  const { safetensors } = layoutOf(dtype);
  if (safetensors !== undefined) return safetensors;
  throw new CheckpointError(
    `Tensor '${name}' is ${dtype}, which safetensors does not support: write a .pt file instead.`,
  );
}
