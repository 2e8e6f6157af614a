import { CheckpointError } from '../errors.ts';
import { checkLimit, type Limits } from '../limits.ts';
import type { Complex, DTypeObject } from '../objects.ts';
import { moduleVersions } from '../objects.ts';
import {
  describeNode,
  DictNode,
  GlobalNode,
  type Key,
  ListNode,
  type Node,
  SetNode,
  StorageNode,
  TensorNode,
  TupleNode,
} from './nodes.ts';

/**
 * The object in a pickle as plain data: dictionaries whose keys are all strings as objects and others as Maps, lists as
 * arrays, tuples as frozen arrays, sets as Sets. What was one object stays one object, cycles included.
 * @param tensorOf returns what takes the place of a tensor
 * @throws CheckpointError for something without a counterpart
 */
export function toPlain(root: Node, limits: Limits, tensorOf: (tensor: TensorNode) => unknown): unknown {
  const made = new Map<Node, unknown>();

  function convert(node: Node, depth: number): unknown {
    if (typeof node !== 'object' || node === null) return node;
    if (made.has(node)) return made.get(node);
    checkLimit(limits, 'depth', depth, 'The nesting of the checkpoint');
    return build(node, (child) => convert(child, depth + 1));
  }

  function build(node: Node & object, child: (node: Node) => unknown): unknown {
    if (node instanceof TensorNode) return remember(node, tensorOf(node));
    if (node instanceof DictNode) return buildDict(node, child);
    if (node instanceof ListNode) return fill(remember(node, []), node.items, child);
    if (node instanceof TupleNode) return Object.freeze(fill(remember(node, []), node.items, child));
    if (node instanceof SetNode) {
      const set = remember(node, new Set());
      for (const item of node.items) set.add(child(item));
      return set;
    }
    if (node instanceof GlobalNode || node instanceof StorageNode) {
      throw new CheckpointError(
        `The checkpoint holds ${describeNode(node)} by itself, which has no counterpart here: save tensors instead.`,
      );
    }
    return node satisfies Complex | DTypeObject | Uint8Array;
  }

  function buildDict(node: DictNode, child: (node: Node) => unknown): unknown {
    const isObject = [...node.entries.keys()].every((key) => typeof key === 'string');
    const dict: object = remember(node, isObject ? {} : new Map<unknown, unknown>());
    for (const [key, value] of node.entries) setEntry(dict, key, child(key), child(value));
    if (node.versions !== undefined) {
      Object.defineProperty(dict, moduleVersions, { value: child(node.versions), writable: true });
    }
    return dict;
  }

  function remember<Made>(node: Node, value: Made): Made {
    made.set(node, value);
    return value;
  }

  return convert(root, 0);
}

function fill(array: unknown[], items: readonly Node[], child: (node: Node) => unknown): unknown[] {
  for (const item of items) array.push(child(item));
  return array;
}

function setEntry(dict: object, key: Key, plainKey: unknown, value: unknown): void {
  if (dict instanceof Map) {
    dict.set(plainKey, value);
  } else if (key === '__proto__') {
    // Even an own property would change the prototype of an object that it is assigned to.
    throw new CheckpointError(
      `A dictionary in the checkpoint has the key '__proto__', which is refused: it could change other objects.`,
    );
  } else {
    (dict as Record<string, unknown>)[key as string] = value;
  }
}
