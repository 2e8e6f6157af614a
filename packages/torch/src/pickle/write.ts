// Python's Lib/pickletools.py describes every opcode of the format. This is protocol 2, as torch.save writes it.
import { childrenOf, nameIn } from '../containers.ts';
import { layoutOf } from '../dtype.ts';
import { CheckpointError } from '../errors.ts';
import { checkLimit, type Limits } from '../limits.ts';
import { Complex, DTypeObject, moduleVersions } from '../objects.ts';
import type { StoragePlan, TensorPlan } from '../pt/plan.ts';
import { isTorchTensor, rowMajorStrides, type TorchTensor } from '../tensor.ts';
import { isBrokenTensor, unwritable } from '../unwritable.ts';
import { ByteWriter } from './bytes.ts';
import { bytesOf } from './integer.ts';
import { op } from './opcodes.ts';

/**
 * A pickle that `torch.load` reads with `weights_only=True`.
 * @param planOf where each tensor's values are
 * @throws CheckpointError for a value that a checkpoint cannot hold, naming its place
 */
export function pickle(
  root: unknown,
  limits: Limits,
  planOf: (tensor: TorchTensor) => TensorPlan,
): Uint8Array<ArrayBuffer> {
  return new Pickler(limits, planOf).run(root);
}

class Pickler {
  readonly #out = new ByteWriter();
  readonly #limits: Limits;
  readonly #planOf: (tensor: TorchTensor) => TensorPlan;
  /** The memo numbers of objects, texts and Python names that were written. */
  readonly #memo = new Map<unknown, number>();
  readonly #globals = new Map<unknown, number>();
  readonly #unfinished = new Set<unknown>();

  constructor(limits: Limits, planOf: (tensor: TorchTensor) => TensorPlan) {
    this.#limits = limits;
    this.#planOf = planOf;
  }

  run(root: unknown): Uint8Array<ArrayBuffer> {
    this.#out.byte(op.PROTO);
    this.#out.byte(2);
    this.#write(root, '', 0);
    this.#out.byte(op.STOP);
    return this.#out.finish();
  }

  #write(value: unknown, name: string, depth: number): void {
    checkLimit(this.#limits, 'depth', depth, `The nesting of ${name}`);
    if (typeof value === 'object' && value !== null && this.#recall(value)) return;
    if (isTorchTensor(value)) this.#tensor(value);
    else if (!this.#leaf(value, name)) this.#container(value, name, depth);
  }

  #leaf(value: unknown, name: string): boolean {
    if (value === null) this.#out.byte(op.NONE);
    else if (typeof value === 'boolean') this.#out.byte(value ? op.NEWTRUE : op.NEWFALSE);
    else if (typeof value === 'string') this.#text(value, name);
    else if (typeof value === 'number') this.#number(value);
    else if (typeof value === 'bigint') this.#long(value, name);
    else if (value instanceof Complex) this.#complex(value);
    else if (value instanceof DTypeObject) this.#global(`torch\n${value.name}`);
    else if (value instanceof Uint8Array) this.#bytes(value);
    else return false;
    return true;
  }

  // Containers.

  #container(value: unknown, name: string, depth: number): void {
    const children = childrenOf(value);
    if (children === undefined || isBrokenTensor(value)) throw unwritable(value, name);
    const write = (child: unknown, place: unknown): void =>
      this.#write(child, nameIn(name, place), depth + 1);
    const writeItems = (): void => {
      for (const [place, child] of children) write(child, place);
    };
    if (Array.isArray(value) && Object.isFrozen(value)) {
      this.#tuple(value, name, writeItems);
    } else if (Array.isArray(value)) {
      this.#out.byte(op.EMPTY_LIST);
      this.#remember(value);
      this.#marked(op.APPENDS, writeItems);
    } else if (value instanceof Set) {
      this.#reduce('__builtin__\nset', op.TUPLE1, () => {
        this.#out.byte(op.EMPTY_LIST);
        this.#marked(op.APPENDS, () => {
          for (const [place, child] of children) write(checkKey(child, name), place);
        });
      });
      this.#remember(value);
    } else {
      this.#dict(value as object, () => {
        for (const [key, child] of children) {
          this.#write(checkKey(key, name), `a key of ${name}`, depth + 1);
          write(child, key);
        }
      });
      this.#versions(value as { readonly [moduleVersions]?: unknown }, depth);
    }
  }

  #tuple(value: readonly unknown[], name: string, items: () => void): void {
    if (this.#unfinished.has(value)) {
      throw new CheckpointError(`'${name}' is a frozen array that contains itself.`);
    }
    this.#unfinished.add(value);
    if (value.length === 0) this.#out.byte(op.EMPTY_TUPLE);
    else this.#marked(op.TUPLE, items);
    this.#unfinished.delete(value);
    this.#remember(value);
  }

  #dict(value: object, entries: () => void): void {
    if (Object.hasOwn(value, moduleVersions)) {
      this.#reduce('collections\nOrderedDict', op.EMPTY_TUPLE, () => {});
    } else this.#out.byte(op.EMPTY_DICT);
    this.#remember(value);
    this.#marked(op.SETITEMS, entries);
  }

  #versions({ [moduleVersions]: versions }: { readonly [moduleVersions]?: unknown }, depth: number): void {
    if (versions === undefined) return;
    this.#out.byte(op.EMPTY_DICT);
    this.#marked(op.SETITEMS, () => {
      this.#text('_metadata', '');
      this.#write(versions, '_metadata', depth + 1);
    });
    this.#out.byte(op.BUILD);
  }

  #marked(code: number, items: () => void): void {
    this.#out.byte(op.MARK);
    items();
    this.#out.byte(code);
  }

  // Tensors.

  #tensor(tensor: TorchTensor): void {
    const { storage, offset } = this.#planOf(tensor);
    const isTyped = layoutOf(tensor.dtype).storage !== undefined;
    this.#global(`torch._utils\n_rebuild_tensor_v${isTyped ? 2 : 3}`);
    this.#marked(op.TUPLE, () => {
      this.#storage(storage);
      this.#number(offset);
      this.#numbers(tensor.shape);
      this.#numbers(rowMajorStrides(tensor.shape));
      this.#out.byte(op.NEWFALSE);
      this.#reduce('collections\nOrderedDict', op.EMPTY_TUPLE, () => {});
      if (!isTyped) this.#global(`torch\n${tensor.dtype}`);
    });
    this.#out.byte(op.REDUCE);
    this.#remember(tensor);
  }

  #storage({ key, dtype, length, bytes }: StoragePlan): void {
    const { storage } = layoutOf(dtype);
    this.#marked(op.TUPLE, () => {
      this.#text('storage', '');
      this.#global(storage === undefined ? 'torch.storage\nUntypedStorage' : `torch\n${storage}`);
      this.#text(key, '');
      this.#text('cpu', '');
      this.#number(storage === undefined ? bytes : length);
    });
    this.#out.byte(op.BINPERSID);
  }

  #numbers(numbers: readonly number[]): void {
    if (numbers.length === 0) this.#out.byte(op.EMPTY_TUPLE);
    else this.#marked(op.TUPLE, () => numbers.forEach((number) => this.#number(number)));
  }

  // Leaves.

  /** Writes a Python integer if the number is one. So 1 comes back as 1, not as 1.0. */
  #number(value: number): void {
    if (!Number.isSafeInteger(value) || Object.is(value, -0)) {
      this.#out.byte(op.BINFLOAT);
      this.#out.view(8).setFloat64(0, value, false);
    } else if (value >= 0 && value < 0x100) {
      this.#out.byte(op.BININT1);
      this.#out.byte(value);
    } else if (value === (value | 0)) {
      this.#out.byte(op.BININT);
      this.#out.view(4).setInt32(0, value, true);
    } else {
      this.#long(BigInt(value), '');
    }
  }

  #long(value: bigint, name: string): void {
    const bytes = bytesOf(value);
    if (bytes.length > 0xff) throw new CheckpointError(`'${name}' is an integer of more than 255 bytes.`);
    this.#out.byte(op.LONG1);
    this.#out.byte(bytes.length);
    this.#out.bytes(bytes);
  }

  #complex({ re, im }: Complex): void {
    this.#reduce('__builtin__\ncomplex', op.TUPLE2, () => {
      for (const part of [re, im]) {
        this.#out.byte(op.BINFLOAT);
        this.#out.view(8).setFloat64(0, part, false);
      }
    });
  }

  #bytes(value: Uint8Array): void {
    this.#reduce('_codecs\nencode', op.TUPLE2, () => {
      this.#rawText(latin1AsUtf8(value));
      this.#text('latin1', '');
    });
    this.#remember(value);
  }

  #text(value: string, name: string): void {
    if (this.#recall(value)) return;
    if (/\p{Surrogate}/u.test(value)) {
      throw new CheckpointError(
        `'${name}' is or contains a text that is not well formed: it has half of a surrogate pair.`,
      );
    }
    this.#rawText(new TextEncoder().encode(value));
    this.#remember(value);
  }

  #rawText(utf8: Uint8Array): void {
    this.#out.byte(op.BINUNICODE);
    this.#out.view(4).setUint32(0, utf8.length, true);
    this.#out.bytes(utf8);
  }

  /** Writes a call of a Python name. */
  #reduce(name: string, tuple: number, args: () => void): void {
    this.#global(name);
    args();
    this.#out.byte(tuple);
    this.#out.byte(op.REDUCE);
  }

  /** `name` is the name of the module, a line feed, and the name in it. */
  #global(name: string): void {
    if (this.#recall(name, this.#globals)) return;
    this.#out.byte(op.GLOBAL);
    this.#out.bytes(new TextEncoder().encode(`${name}\n`));
    this.#remember(name, this.#globals);
  }

  // The memo.

  #recall(value: unknown, memo: ReadonlyMap<unknown, number> = this.#memo): boolean {
    const index = memo.get(value);
    if (index === undefined) return false;
    this.#indexed(op.BINGET, op.LONG_BINGET, index);
    return true;
  }

  #remember(value: unknown, memo: Map<unknown, number> = this.#memo): void {
    const index = this.#memo.size + this.#globals.size;
    memo.set(value, index);
    this.#indexed(op.BINPUT, op.LONG_BINPUT, index);
  }

  #indexed(short: number, long: number, index: number): void {
    this.#out.byte(index < 0x100 ? short : long);
    if (index < 0x100) this.#out.byte(index);
    else this.#out.view(4).setUint32(0, index, true);
  }
}

/** What Python can hash. */
function checkKey(key: unknown, name: string): unknown {
  const isTuple = Array.isArray(key) && Object.isFrozen(key);
  if (isTuple || key === null || typeof key !== 'object') return key;
  throw new CheckpointError(
    `'${name}' has a key or an item that is ${Array.isArray(key) ? 'an array' : 'an object'}: ` +
      `Python can hash only texts, numbers and tuples, and frozen arrays stand for tuples here.`,
  );
}

/** Each byte as the character with that code. */
function latin1AsUtf8(bytes: Uint8Array): Uint8Array {
  const out = new ByteWriter();
  for (const byte of bytes) {
    if (byte >= 0x80) out.byte(0xc0 | (byte >>> 6));
    out.byte(byte < 0x80 ? byte : 0x80 | (byte & 0x3f));
  }
  return out.finish();
}
