import { bytesPerElement, layoutOf, type TorchDType, type Values } from '../dtype.ts';
import type { TorchTensor } from '../tensor.ts';

/** A storage to be written. */
export interface StoragePlan {
  readonly key: string;
  readonly dtype: TorchDType;
  /** Elements. */
  readonly length: number;
  /** What they take in the file. */
  readonly bytes: number;
  readonly values: Values;
}

/** Where a tensor's values will be. */
export interface TensorPlan {
  readonly storage: StoragePlan;
  /** In elements. */
  readonly offset: number;
}

/**
 * Tensors whose values overlap in memory get a storage together, as they have in PyTorch, and all others one of their
 * own, however much else is in the memory that their arrays are views of. PyTorch allows one dtype a storage.
 */
export function planStorages(tensors: Iterable<TorchTensor>): {
  readonly storages: readonly StoragePlan[];
  readonly plans: ReadonlyMap<TorchTensor, TensorPlan>;
} {
  const storages: StoragePlan[] = [];
  const plans = new Map<TorchTensor, TensorPlan>();
  for (const cluster of clusters(tensors)) {
    const storage = makeStorage(cluster, String(storages.length));
    storages.push(storage);
    for (const tensor of cluster) {
      const offset = (tensor.values.byteOffset - storage.values.byteOffset) / elementBytes(tensor.dtype);
      plans.set(tensor, { storage, offset });
    }
  }
  return { storages, plans };
}

/** Bytes that an element takes in memory, where 16-bit floats take twice what they take in a file. */
function elementBytes(dtype: TorchDType): number {
  const { Values: Array, lanes } = layoutOf(dtype);
  return Array.BYTES_PER_ELEMENT * lanes;
}

function makeStorage(cluster: readonly TorchTensor[], key: string): StoragePlan {
  const [{ dtype, values }] = cluster as [TorchTensor];
  const from = Math.min(...cluster.map((tensor) => tensor.values.byteOffset));
  const to = Math.max(...cluster.map(endOf));
  const { Values: Array } = layoutOf(dtype);
  const length = (to - from) / elementBytes(dtype);
  const all = new Array(values.buffer, from, (to - from) / Array.BYTES_PER_ELEMENT);
  return { key, dtype, length, bytes: length * bytesPerElement(dtype), values: all };
}

function clusters(tensors: Iterable<TorchTensor>): TorchTensor[][] {
  const byMemory = new Map<unknown, Map<string, TorchTensor[]>>();
  const first = new Map<TorchTensor, number>();
  for (const tensor of new Set(tensors)) {
    first.set(tensor, first.size);
    const { dtype, values } = tensor;
    const groups = byMemory.get(values.buffer) ?? new Map<string, TorchTensor[]>();
    byMemory.set(values.buffer, groups);
    // Complex numbers that begin between those of another tensor are no elements of its storage.
    const group = `${dtype} ${values.byteOffset % elementBytes(dtype)}`;
    groups.set(group, [...(groups.get(group) ?? []), tensor]);
  }
  const found = [...byMemory.values()].flatMap((groups) => [...groups.values()].flatMap(splitApart));
  // In the order in which the tensors came.
  const orderOf = (cluster: readonly TorchTensor[]): number =>
    Math.min(...cluster.map((tensor) => first.get(tensor) ?? 0));
  return found.toSorted((a, b) => orderOf(a) - orderOf(b));
}

function splitApart(tensors: readonly TorchTensor[]): TorchTensor[][] {
  const inOrder = tensors.toSorted((a, b) => a.values.byteOffset - b.values.byteOffset);
  const found: TorchTensor[][] = [];
  let end = -1;
  for (const tensor of inOrder) {
    const cluster = tensor.values.byteOffset < end ? found.at(-1) : undefined;
    if (cluster) cluster.push(tensor);
    else found.push([tensor]);
    end = Math.max(end, endOf(tensor));
  }
  return found;
}

function endOf({ values }: TorchTensor): number {
  return values.byteOffset + values.byteLength;
}
