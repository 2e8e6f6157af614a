// Makes a tensor of a storage, as torch/_utils.py does.
import { CheckpointError } from '../errors.ts';
import { bytesPerElement, type TorchDType } from '../dtype.ts';
import { DTypeObject } from '../objects.ts';
import { elementsIn, extentOf } from '../tensor.ts';
import { describeNode, DictNode, type Node, StorageNode, TensorNode, TupleNode } from './nodes.ts';

/** PyTorch's tensors have at most this many dimensions. */
const mostDimensions = 64;

/**
 * `_rebuild_tensor(storage, offset, size, stride)` and, of the second version, `(…, requires_grad, backward_hooks,
 * metadata)`.
 */
export function rebuildTensor(args: readonly Node[], count: 4 | 6): Node {
  const [storage] = args;
  if (!(storage instanceof StorageNode) || storage.dtype === undefined) {
    throw new CheckpointError(`A tensor is made of ${describeNode(storage)}: expected a typed storage.`);
  }
  checkHooks(args[5]);
  return place(storage, storage.dtype, args, args[count]);
}

/** `_rebuild_tensor_v3(storage, offset, size, stride, requires_grad, backward_hooks, dtype, metadata)`. */
export function rebuildTensorOfDType(args: readonly Node[]): Node {
  const [storage] = args;
  const dtype = args[6];
  if (!(storage instanceof StorageNode) || storage.dtype !== undefined) {
    throw new CheckpointError(`A tensor is made of ${describeNode(storage)}: expected an untyped storage.`);
  }
  if (!(dtype instanceof DTypeObject)) {
    throw new CheckpointError(`The dtype of a tensor is ${describeNode(dtype)}.`);
  }
  checkHooks(args[5]);
  return place(storage, dtype.name, args, args[7]);
}

/** `_rebuild_parameter(data, requires_grad, backward_hooks)`: here, a parameter is just its tensor. */
export function rebuildParameter([data, , hooks]: readonly Node[]): Node {
  if (!(data instanceof TensorNode)) {
    throw new CheckpointError(`A parameter is made of ${describeNode(data)}: expected a tensor.`);
  }
  checkHooks(hooks);
  return new TensorNode(data.storage, data.placement);
}

function place(
  storage: StorageNode,
  dtype: TorchDType,
  args: readonly Node[],
  metadata: Node | undefined,
): Node {
  const offset = args[1];
  const shape = sizesIn(args[2], 'size');
  const strides = sizesIn(args[3], 'stride');
  if (!isSize(offset) || shape.length !== strides.length || shape.length > mostDimensions) {
    throw new CheckpointError(
      `A tensor of storage '${storage.key}' has offset ${describeNode(offset)}, ${shape.length} sizes and ` +
        `${strides.length} strides: expected one stride per size, and at most ${mostDimensions}.`,
    );
  }
  const placement = { dtype, shape, strides, offset, ...bitsIn(metadata) };
  const length =
    storage.dtype === undefined ? Math.floor(storage.length / bytesPerElement(dtype)) : storage.length;
  const { to } = extentOf(placement);
  if (!Number.isSafeInteger(elementsIn(shape)) || !(to <= length)) {
    throw new CheckpointError(
      `A tensor of shape [${shape.join(', ')}] reaches to element ${to} of storage '${storage.key}', ` +
        `which has ${length}.`,
    );
  }
  return new TensorNode(storage, placement);
}

function sizesIn(node: Node | undefined, what: string): number[] {
  const items = node instanceof TupleNode ? node.items : undefined;
  if (!items?.every(isSize)) {
    throw new CheckpointError(
      `The ${what} of a tensor is ${describeNode(node)}: expected a tuple of integers >= 0.`,
    );
  }
  return [...items];
}

function isSize(node: Node | undefined): node is number {
  return Number.isSafeInteger(node) && (node as number) >= 0;
}

function checkHooks(hooks: Node | undefined): void {
  if (hooks === undefined || hooks === null) return;
  if (hooks instanceof DictNode && hooks.entries.size === 0) return;
  throw new CheckpointError(
    'A tensor has backward hooks, which have no counterpart here: remove them before you save it.',
  );
}

/** PyTorch conjugates and negates tensors by setting a bit, and saves that bit. */
function bitsIn(metadata: Node | undefined): { readonly conjugated: boolean; readonly negated: boolean } {
  const bits = { conj: false, neg: false };
  if (metadata !== undefined && metadata !== null) {
    if (!(metadata instanceof DictNode)) {
      throw new CheckpointError(
        `The metadata of a tensor is ${describeNode(metadata)}: expected a dictionary.`,
      );
    }
    for (const [name, value] of metadata.entries) {
      if (!(name === 'conj' || name === 'neg') || typeof value !== 'boolean') {
        throw new CheckpointError(
          `The metadata of a tensor has ${describeNode(name)}, which is not known here.`,
        );
      }
      bits[name] = value;
    }
  }
  return { conjugated: bits.conj, negated: bits.neg };
}
