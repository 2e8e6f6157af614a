import type { StoredTensor, StoredValues } from './document.ts';
import { bytesPerElement, decode, layoutOf, type Values } from './dtype.ts';
import type { Budget } from './limits.ts';
import { elementsIn, extentOf, isInPlace, type TorchTensor, valuesIn } from './tensor.ts';

/** Reads every tensor. Tensors of one storage share their memory, unless their elements are out of order. */
export async function readTensors(
  tensors: Iterable<StoredTensor>,
  budget: Budget,
): Promise<ReadonlyMap<StoredTensor, TorchTensor>> {
  // By dtype too: the tensors of an untyped storage may have different ones.
  const storages = new Map<StoredValues, Map<string, Values>>();
  const read = new Map<StoredTensor, TorchTensor>();
  for (const tensor of tensors) {
    const { placement, storage } = tensor;
    const { dtype } = placement;
    const decoded = storages.get(storage) ?? new Map<string, Values>();
    storages.set(storage, decoded);
    let values = decoded.get(dtype);
    if (values === undefined) {
      if (decoded.size > 0) budget.take(storage.bytes, `Reading storage '${storage.name}' as ${dtype} too`);
      values = decode(await storage.read(budget), dtype, storage.littleEndian);
      decoded.set(dtype, values);
    }
    read.set(tensor, finish(tensor, values, 0, budget));
  }
  return read;
}

/** Reads one tensor, and only the part of its storage that it needs. */
export async function readTensor(tensor: StoredTensor, budget: Budget): Promise<TorchTensor> {
  const { placement, storage } = tensor;
  const { from, to } = extentOf(placement);
  const width = bytesPerElement(placement.dtype);
  const bytes = await storage.readPart(from * width, (to - from) * width, budget);
  return finish(tensor, decode(bytes, placement.dtype, storage.littleEndian), from, budget);
}

function finish({ placement }: StoredTensor, values: Values, from: number, budget: Budget): TorchTensor {
  const { dtype, shape } = placement;
  const { Values: Array, lanes } = layoutOf(dtype);
  if (!isInPlace(placement)) {
    const bytes = elementsIn(shape) * lanes * Array.BYTES_PER_ELEMENT;
    budget.take(bytes, `Copying a tensor of shape [${shape.join(', ')}], whose elements are not in order,`);
  }
  return { dtype, shape: [...shape], values: valuesIn(values, from, placement) };
}
