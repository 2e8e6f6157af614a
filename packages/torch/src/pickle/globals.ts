// The Python names that a checkpoint needs, and what they stand for. Nothing else is ever looked up or called.
import { dtypeOfStorage, layoutOf, type TorchDType, torchDTypes } from '../dtype.ts';
import { CheckpointError } from '../errors.ts';
import { Complex, DTypeObject } from '../objects.ts';
import {
  describeNode,
  DictNode,
  GlobalNode,
  type Key,
  ListNode,
  type Node,
  SetNode,
  TupleNode,
} from './nodes.ts';
import { rebuildParameter, rebuildTensor, rebuildTensorOfDType } from './rebuild.ts';

type Make = (args: readonly Node[]) => Node;

const makers: Readonly<Record<string, Make>> = {
  'torch._utils._rebuild_tensor': (args) => rebuildTensor(args, 4),
  'torch._utils._rebuild_tensor_v2': (args) => rebuildTensor(args, 6),
  'torch._utils._rebuild_tensor_v3': rebuildTensorOfDType,
  'torch._utils._rebuild_parameter': rebuildParameter,
  'collections.OrderedDict': makeDict,
  'torch.Size': (args) => new TupleNode(itemsOf(args[0])),
  'builtins.set': makeSet,
  'builtins.frozenset': makeSet,
  'builtins.complex': makeComplex,
  'builtins.bytearray': makeBytes,
  'builtins.bytes': makeBytes,
  '_codecs.encode': encodeLatin1,
};

const globals: ReadonlyMap<string, Node> = new Map<string, Node>([
  ...Object.entries(makers).map(([name, make]): [string, Node] => [name, new GlobalNode(name, make)]),
  ...torchDTypes.map((dtype): [string, Node] => [`torch.${dtype}`, new DTypeObject(dtype)]),
  ...torchDTypes
    .map((dtype) => layoutOf(dtype).storage)
    .filter((storage) => storage !== undefined)
    .map((storage): [string, Node] => [`torch.${storage}`, new GlobalNode(`torch.${storage}`)]),
  ['torch.storage.UntypedStorage', new GlobalNode('torch.storage.UntypedStorage')],
]);

/** What a name in a pickle stands for. @throws CheckpointError for every name that a checkpoint does not need */
export function findGlobal(module: string, name: string): Node {
  // Pickles of protocol 2 use the old name of Python 3's builtins.
  const full = `${module === '__builtin__' ? 'builtins' : module}.${name}`;
  const found = globals.get(full);
  if (found !== undefined) return found;
  throw new CheckpointError(
    `The checkpoint needs ${full}, which has no counterpart here: ${adviceFor(full)}`,
  );
}

function adviceFor(full: string): string {
  if (full.startsWith('numpy')) {
    return 'save NumPy values as tensors or Python numbers, such as loss.item().';
  }
  if (full === 'torch.device') return 'leave it out, or save its name, str(device).';
  if (/^torch\.(\w*Storage|q?u?int\d.*|float\d.*|complex\d.*|bits\d.*)$/.test(full)) {
    return 'convert the tensor to a dtype that the README lists, such as tensor.float().';
  }
  if (full.startsWith('torch._utils._rebuild')) {
    return 'save a plain tensor, such as tensor.dequantize() or to_dense().';
  }
  return 'save state dictionaries (model.state_dict()), tensors and plain values instead.';
}

/** The dtype of a storage class, whose name is in the list above. */
export function storageClass(node: Node | undefined): { readonly dtype: TorchDType | undefined } {
  if (node instanceof GlobalNode && node.make === undefined) {
    return { dtype: dtypeOfStorage(node.name.slice('torch.'.length)) };
  }
  throw new CheckpointError(
    `A storage is of ${describeNode(node)}: expected one of PyTorch's storage classes.`,
  );
}

export function checkKey(node: Node | undefined): Key {
  if (node === null || typeof node === 'string' || typeof node === 'number') return node;
  if (typeof node === 'bigint' || typeof node === 'boolean' || node instanceof TupleNode) return node;
  throw new CheckpointError(`A key or an item of a set is ${describeNode(node)}, which Python cannot hash.`);
}

function makeDict([pairs]: readonly Node[]): Node {
  const dict = new DictNode();
  for (const pair of pairs === undefined ? [] : itemsOf(pairs)) {
    const [key, value] = itemsOf(pair);
    if (value === undefined) throw new CheckpointError('A dictionary is made of something other than pairs.');
    dict.entries.set(checkKey(key), value);
  }
  return dict;
}

function makeSet([items]: readonly Node[]): Node {
  const set = new SetNode();
  for (const item of items === undefined ? [] : itemsOf(items)) set.items.add(checkKey(item));
  return set;
}

function makeComplex([re, im]: readonly Node[]): Node {
  if (typeof re === 'number' && typeof im === 'number') return new Complex(re, im);
  throw new CheckpointError(`A complex number is made of ${describeNode(re)} and ${describeNode(im)}.`);
}

function makeBytes(args: readonly Node[]): Node {
  const [bytes] = args;
  if (args.length === 0) return new Uint8Array(0);
  return bytes instanceof Uint8Array ? bytes.slice() : encodeLatin1(args);
}

/** Before protocol 3, bytes are stored as a text, one character each, with the name of its encoding. */
function encodeLatin1([text, encoding]: readonly Node[]): Node {
  if (typeof text !== 'string' || !(encoding === 'latin1' || encoding === 'latin-1')) {
    throw new CheckpointError(
      `Bytes are made of ${describeNode(text)} in ${describeNode(encoding)}: expected latin1.`,
    );
  }
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code > 255) throw new CheckpointError('Bytes are made of a text with characters above 255.');
    bytes[i] = code;
  }
  return bytes;
}

function itemsOf(node: Node | undefined): readonly Node[] {
  if (node instanceof ListNode || node instanceof TupleNode) return node.items;
  throw new CheckpointError(`Expected a list or a tuple in the pickle, but it has ${describeNode(node)}.`);
}
