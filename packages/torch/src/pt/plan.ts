import { bytesPerElement, layoutOf, type TorchDType, type Values } from '../dtype.ts';
import type { TorchTensor } from '../tensor.ts';

/** A storage to write. */
export interface StoragePlan {
  readonly key: string;
  readonly dtype: TorchDType;
  /** In elements. */
  readonly length: number;
  /** How many bytes they take in the file. */
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
 * Tensors whose values overlap in memory share a storage, as in PyTorch. Every other tensor gets its own storage, even
 * if its array is a view of a larger buffer. PyTorch allows one dtype per storage.
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
    for (const tensor of cluster.tensors) {
      const offset = (tensor.values.byteOffset - storage.values.byteOffset) / elementBytes(tensor.dtype);
      plans.set(tensor, { storage, offset });
    }
  }
  return { storages, plans };
}

/** Bytes that an element takes in memory. 16-bit floats take twice as much there as in a file. */
function elementBytes(dtype: TorchDType): number {
  const { Values: Array, lanes } = layoutOf(dtype);
  return Array.BYTES_PER_ELEMENT * lanes;
}

function makeStorage({ tensors, from, to }: Cluster, key: string): StoragePlan {
  const [{ dtype, values }] = tensors as [TorchTensor];
  const { Values: Array } = layoutOf(dtype);
  const length = (to - from) / elementBytes(dtype);
  const all = new Array(values.buffer, from, (to - from) / Array.BYTES_PER_ELEMENT);
  return { key, dtype, length, bytes: length * bytesPerElement(dtype), values: all };
}

/** Tensors that overlap, and the range of bytes that they cover together. */
interface Cluster {
  readonly tensors: TorchTensor[];
  readonly from: number;
  to: number;
  /** The place of the first of them among all tensors. */
  order: number;
}

function clusters(tensors: Iterable<TorchTensor>): readonly Cluster[] {
  const byMemory = new Map<unknown, Map<string, TorchTensor[]>>();
  const orders = new Map<TorchTensor, number>();
  for (const tensor of new Set(tensors)) {
    orders.set(tensor, orders.size);
    const { dtype, values } = tensor;
    // A complex tensor that starts at the imaginary part of another one's element cannot share its storage.
    const group = `${dtype} ${values.byteOffset % elementBytes(dtype)}`;
    const groups = byMemory.get(values.buffer) ?? new Map<string, TorchTensor[]>();
    byMemory.set(values.buffer, groups);
    const members = groups.get(group) ?? [];
    groups.set(group, members);
    members.push(tensor);
  }
  return [...byMemory.values()]
    .flatMap((groups) => [...groups.values()].flatMap((members) => splitApart(members, orders)))
    .toSorted((a, b) => a.order - b.order);
}

function splitApart(tensors: readonly TorchTensor[], orders: ReadonlyMap<TorchTensor, number>): Cluster[] {
  const found: Cluster[] = [];
  for (const tensor of tensors.toSorted((a, b) => a.values.byteOffset - b.values.byteOffset)) {
    const from = tensor.values.byteOffset;
    const to = from + tensor.values.byteLength;
    const order = orders.get(tensor) ?? 0;
    const last = found.at(-1);
    if (last && from < last.to) {
      last.tensors.push(tensor);
      last.to = Math.max(last.to, to);
      last.order = Math.min(last.order, order);
    } else {
      found.push({ tensors: [tensor], from, to, order });
    }
  }
  return found;
}
