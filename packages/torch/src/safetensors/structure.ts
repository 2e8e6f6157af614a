// Everything in a checkpoint except its tensors, as JSON. The README describes the form.
import { childrenOf, isPlainObject, nameIn } from '../containers.ts';
import { isTorchDType } from '../dtype.ts';
import { CheckpointError } from '../errors.ts';
import { checkLimit, type Limits } from '../limits.ts';
import { Complex, DTypeObject } from '../objects.ts';
import { isTorchTensor, type TorchTensor } from '../tensor.ts';
import { isBrokenTensor, unwritable } from '../unwritable.ts';

/** The key of `__metadata__` that holds the structure. */
export const structureKey = 'asgd.structure';

/** Marks an object of the JSON that stands for something else. */
const tag = '$';

/** Numbers that JSON has no way to write, as Python's float() reads them. */
const floats: Readonly<Record<string, number>> = { nan: NaN, inf: Infinity, '-inf': -Infinity, '-0.0': -0 };

export interface Structured {
  readonly json: string;
  readonly tensors: ReadonlyMap<string, TorchTensor>;
}

/** @throws CheckpointError for a value that a checkpoint cannot hold, naming its place */
export function toStructure(root: unknown, limits: Limits): Structured {
  const names = new Map<TorchTensor, string>();
  const tensors = new Map<string, TorchTensor>();
  let count = 0;

  function nameTensor(tensor: TorchTensor, wanted: string): string {
    const known = names.get(tensor);
    if (known !== undefined) return known;
    let name = wanted;
    for (let copy = 2; tensors.has(name) || name === '__metadata__'; copy++) name = `${wanted}#${copy}`;
    names.set(tensor, name);
    tensors.set(name, tensor);
    return name;
  }

  function convert(value: unknown, name: string, depth: number): unknown {
    checkLimit(limits, 'depth', depth, `The nesting of ${name}`);
    checkLimit(limits, 'objects', ++count, 'The number of objects');
    if (isTorchTensor(value)) return { [tag]: 'tensor', name: nameTensor(value, name) };
    const leaf = fromLeaf(value);
    if (leaf !== undefined) return leaf;
    const children = childrenOf(value);
    if (children === undefined || isBrokenTensor(value)) throw unwritable(value, name);
    const child = ([place, item]: [unknown, unknown]): unknown =>
      convert(item, nameIn(name, place), depth + 1);
    if (Array.isArray(value)) {
      const items = Array.from(children, child);
      return Object.isFrozen(value) ? { [tag]: 'tuple', items } : items;
    }
    if (value instanceof Set) return { [tag]: 'set', items: Array.from(children, child) };
    if (isPlainObject(value) && !Object.hasOwn(value, tag)) {
      return Object.fromEntries(Array.from(children, (entry) => [entry[0], child(entry)]));
    }
    const items = Array.from(children, (entry) => [
      convert(entry[0], `a key of ${name}`, depth + 1),
      child(entry),
    ]);
    return { [tag]: 'dict', items };
  }

  const structure = convert(root, '', 0);
  return { json: JSON.stringify(structure), tensors };
}

function fromLeaf(value: unknown): unknown {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number') {
    const special = Object.keys(floats).find((name) => Object.is(floats[name], value));
    return special === undefined ? value : { [tag]: 'float', value: special };
  }
  if (typeof value === 'bigint') return { [tag]: 'int', value: String(value) };
  if (value instanceof Complex) return { [tag]: 'complex', value: [fromLeaf(value.re), fromLeaf(value.im)] };
  if (value instanceof DTypeObject) return { [tag]: 'dtype', value: value.name };
  if (value instanceof Uint8Array) return { [tag]: 'bytes', value: Array.from(value) };
  return undefined;
}

/** @throws CheckpointError */
export function fromStructure(json: string, tensors: ReadonlyMap<string, unknown>, limits: Limits): unknown {
  let count = 0;

  function convert(value: unknown, depth: number): unknown {
    checkLimit(limits, 'depth', depth, 'The nesting of the checkpoint');
    checkLimit(limits, 'objects', ++count, 'The number of values in the structure');
    const child = (item: unknown): unknown => convert(item, depth + 1);
    if (Array.isArray(value)) return value.map(child);
    if (!isPlainObject(value)) return value;
    if (Object.hasOwn(value, '__proto__')) throw invalid(value);
    if (!Object.hasOwn(value, tag)) {
      return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, child(item)]));
    }
    return fromTagged(value, child);
  }

  function fromTagged(value: Record<string, unknown>, child: (item: unknown) => unknown): unknown {
    const { [tag]: kind, name, items, value: leaf } = value;
    if (kind === 'tensor' && typeof name === 'string' && tensors.has(name)) return tensors.get(name);
    if (kind === 'float' && typeof leaf === 'string' && Object.hasOwn(floats, leaf)) return floats[leaf];
    if (kind === 'int' && typeof leaf === 'string' && /^-?\d{1,2466}$/.test(leaf)) return BigInt(leaf);
    if (kind === 'dtype' && isTorchDType(leaf)) return new DTypeObject(leaf);
    if (kind === 'bytes' && isBytes(leaf)) return Uint8Array.from(leaf);
    if (kind === 'complex' && Array.isArray(leaf)) {
      const [re, im] = leaf.map(child);
      if (typeof re === 'number' && typeof im === 'number') return new Complex(re, im);
    }
    if (!Array.isArray(items)) throw invalid(value);
    if (kind === 'tuple') return Object.freeze(items.map(child));
    if (kind === 'set') return new Set(items.map(child));
    if (kind === 'dict' && items.every((item) => Array.isArray(item) && item.length === 2)) {
      return toDict((items as [unknown, unknown][]).map(([key, item]) => [child(key), child(item)]));
    }
    throw invalid(value);
  }

  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (cause) {
    throw new CheckpointError(`The metadata '${structureKey}' is not JSON: ${String(cause)}`, { cause });
  }
  return convert(value, 0);
}

function toDict(entries: readonly (readonly [unknown, unknown])[]): unknown {
  const isObject = entries.every(([key]) => typeof key === 'string' && key !== '__proto__');
  return isObject ? Object.fromEntries(entries as [string, unknown][]) : new Map(entries);
}

function isBytes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((byte) => Number.isInteger(byte) && byte >= 0 && byte < 256);
}

function invalid({ [tag]: kind }: Record<string, unknown>): CheckpointError {
  const what = typeof kind === 'string' ? `an object of kind '${kind.slice(0, 60)}'` : 'an object';
  return new CheckpointError(
    `The metadata '${structureKey}' has ${what} that is not known here, or is not complete.`,
  );
}
