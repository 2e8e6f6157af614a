// The contents of a pickle, before its tensors have values and its dictionaries are objects or Maps.
import type { TorchDType } from '../dtype.ts';
import type { Complex, DTypeObject } from '../objects.ts';
import type { Placement } from '../tensor.ts';

/** A key of a dictionary or an item of a set: what Python can hash. */
export type Key = string | number | bigint | boolean | null | TupleNode;

export type Node =
  | Key
  | Uint8Array
  | Complex
  | DTypeObject
  | DictNode
  | ListNode
  | SetNode
  | StorageNode
  | TensorNode
  | GlobalNode;

export class DictNode {
  readonly entries: Map<Key, Node> = new Map<Key, Node>();
  /** PyTorch's `_metadata` of a module's state dictionary. */
  versions: Node | undefined;
}

export class ListNode {
  readonly items: Node[] = [];
}

export class TupleNode {
  readonly items: readonly Node[];

  constructor(items: readonly Node[]) {
    this.items = items;
  }
}

export class SetNode {
  readonly items: Set<Key> = new Set<Key>();
}

/** A known name from a Python module. */
export class GlobalNode {
  readonly name: string;
  /** Makes an object of arguments. Without it, the name cannot be called. */
  readonly make: ((args: readonly Node[]) => Node) | undefined;

  constructor(name: string, make?: (args: readonly Node[]) => Node) {
    this.name = name;
    this.make = make;
  }
}

/** A storage, which is a record of the archive. */
export class StorageNode {
  readonly key: string;
  /** Without one, the storage is bytes, and its tensors have the dtype. */
  readonly dtype: TorchDType | undefined;
  /** In elements; without a dtype, in bytes. */
  readonly length: number;

  constructor(key: string, dtype: TorchDType | undefined, length: number) {
    this.key = key;
    this.dtype = dtype;
    this.length = length;
  }
}

export class TensorNode {
  readonly storage: StorageNode;
  readonly placement: Placement;

  constructor(storage: StorageNode, placement: Placement) {
    this.storage = storage;
    this.placement = placement;
  }
}

/** What a node is, for an error message. */
export function describeNode(node: Node | undefined): string {
  if (node === undefined) return 'nothing';
  if (node === null) return 'None';
  if (typeof node === 'string') return `'${node.length > 60 ? `${node.slice(0, 60)}…` : node}'`;
  if (typeof node !== 'object') return String(node);
  if (node instanceof GlobalNode) return node.name;
  if (node instanceof DictNode) return 'a dictionary';
  if (node instanceof ListNode) return 'a list';
  if (node instanceof TupleNode) return 'a tuple';
  if (node instanceof SetNode) return 'a set';
  if (node instanceof StorageNode) return `storage '${node.key}'`;
  if (node instanceof TensorNode) return 'a tensor';
  if (node instanceof Uint8Array) return 'bytes';
  return 're' in node ? 'a complex number' : `torch.${node.name}`;
}
