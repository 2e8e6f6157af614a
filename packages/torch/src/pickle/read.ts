// The format: Lib/pickletools.py of Python describes every opcode. Here are those that torch.save writes, in
// protocols 2 to 5.
import { CheckpointError } from '../errors.ts';
import { checkLimit, type Limits } from '../limits.ts';
import { utf8 } from '../zip/directory.ts';
import { checkKey, findGlobal, storageClass } from './globals.ts';
import { integerOf } from './integer.ts';
import {
  describeNode,
  DictNode,
  GlobalNode,
  ListNode,
  type Node,
  SetNode,
  StorageNode,
  TupleNode,
} from './nodes.ts';
import { nameOf, op } from './opcodes.ts';

/** The object in a pickle. Nothing is called: what the names in it stand for is decided here. @throws CheckpointError */
export function unpickle(bytes: Uint8Array<ArrayBuffer>, limits: Limits): Node {
  return new Unpickler(bytes, limits).run();
}

class Unpickler {
  readonly #bytes: Uint8Array<ArrayBuffer>;
  readonly #view: DataView;
  readonly #limits: Limits;
  readonly #memo = new Map<number, Node>();
  readonly #storages = new Map<string, StorageNode>();
  /** Stacks set aside by marks. */
  readonly #marked: Node[][] = [];
  #stack: Node[] = [];
  #at = 0;
  #objects = 0;

  constructor(bytes: Uint8Array<ArrayBuffer>, limits: Limits) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#limits = limits;
  }

  run(): Node {
    if (this.#byte() !== op.PROTO) throw new CheckpointError('The pickle does not begin with its protocol.');
    const protocol = this.#byte();
    if (protocol < 2 || protocol > 5) {
      throw new CheckpointError(
        `The pickle has protocol ${protocol}: expected 2 to 5, which torch.save writes.`,
      );
    }
    for (;;) {
      const code = this.#byte();
      if (code === op.STOP) break;
      this.#execute(code);
    }
    const result = this.#pop();
    if (this.#stack.length + this.#marked.length > 0 || this.#at < this.#bytes.length) {
      throw new CheckpointError('The pickle goes on after its end, or leaves objects behind: it is damaged.');
    }
    return result;
  }

  #execute(code: number): void {
    switch (code) {
      case op.FRAME:
        return void this.#size(8);
      case op.NONE:
        return this.#push(null);
      case op.NEWTRUE:
        return this.#push(true);
      case op.NEWFALSE:
        return this.#push(false);
      case op.BININT:
        return this.#push(this.#view.getInt32(this.#skip(4), true));
      case op.BININT1:
        return this.#push(this.#byte());
      case op.BININT2:
        return this.#push(this.#view.getUint16(this.#skip(2), true));
      case op.LONG1:
        return this.#push(integerOf(this.#take(this.#size(1))));
      case op.LONG4:
        return this.#push(integerOf(this.#take(this.#size(4))));
      case op.BINFLOAT:
        return this.#push(this.#view.getFloat64(this.#skip(8), false));
      case op.SHORT_BINUNICODE:
        return this.#push(this.#text(this.#size(1)));
      case op.BINUNICODE:
        return this.#push(this.#text(this.#size(4)));
      case op.BINUNICODE8:
        return this.#push(this.#text(this.#size(8)));
      case op.SHORT_BINBYTES:
        return this.#push(this.#take(this.#size(1)).slice());
      case op.BINBYTES:
        return this.#push(this.#take(this.#size(4)).slice());
      case op.BINBYTES8:
      case op.BYTEARRAY8:
        return this.#push(this.#take(this.#size(8)).slice());
      case op.EMPTY_LIST:
        return this.#pushObject(new ListNode());
      case op.EMPTY_DICT:
        return this.#pushObject(new DictNode());
      case op.EMPTY_SET:
        return this.#pushObject(new SetNode());
      case op.EMPTY_TUPLE:
        return this.#pushObject(new TupleNode([]));
      case op.TUPLE1:
      case op.TUPLE2:
      case op.TUPLE3:
        return this.#pushObject(new TupleNode(this.#popSome(code - op.TUPLE1 + 1)));
      default:
        return this.#executeOnStack(code);
    }
  }

  /** Opcodes that work on what is on the stack, or on the memo. */
  #executeOnStack(code: number): void {
    switch (code) {
      case op.MARK:
        return this.#mark();
      case op.POP:
        // Before a mark it takes the mark.
        return void (this.#stack.length === 0 ? this.#popMark() : this.#pop());
      case op.POP_MARK:
        return void this.#popMark();
      case op.DUP:
        return this.#push(this.#top());
      case op.TUPLE:
        return this.#pushObject(new TupleNode(this.#popMark()));
      case op.FROZENSET:
        return this.#pushFrozenSet(this.#popMark());
      case op.APPEND:
        return this.#append([this.#pop()]);
      case op.APPENDS:
        return this.#append(this.#popMark());
      case op.SETITEM:
        return this.#setItems(this.#popSome(2));
      case op.SETITEMS:
        return this.#setItems(this.#popMark());
      case op.ADDITEMS:
        return this.#addItems(this.#popMark());
      case op.BINPUT:
        return void this.#memo.set(this.#byte(), this.#top());
      case op.LONG_BINPUT:
        return void this.#memo.set(this.#size(4), this.#top());
      case op.MEMOIZE:
        return void this.#memo.set(this.#memo.size, this.#top());
      case op.BINGET:
        return this.#get(this.#byte());
      case op.LONG_BINGET:
        return this.#get(this.#size(4));
      case op.GLOBAL:
        return this.#push(findGlobal(this.#line(), this.#line()));
      case op.STACK_GLOBAL:
        return this.#stackGlobal();
      case op.REDUCE:
      case op.NEWOBJ:
        return this.#make();
      case op.BUILD:
        return this.#build();
      case op.BINPERSID:
        return this.#push(this.#storage(this.#pop()));
      default:
        throw new CheckpointError(
          `The pickle has the opcode ${nameOf(code)} at byte ${this.#at - 1}, which torch.save does not write: ` +
            `it is damaged, or made by something else.`,
        );
    }
  }

  #append(items: readonly Node[]): void {
    const list = this.#top();
    if (!(list instanceof ListNode)) throw wrongTarget('list', list);
    for (const item of items) list.items.push(item);
  }

  #setItems(items: readonly Node[]): void {
    const dict = this.#top();
    if (!(dict instanceof DictNode) || items.length % 2 !== 0) throw wrongTarget('dictionary', dict);
    for (let i = 0; i < items.length; i += 2) dict.entries.set(checkKey(items[i]), items[i + 1] as Node);
  }

  #pushFrozenSet(items: readonly Node[]): void {
    this.#pushObject(new SetNode());
    this.#addItems(items);
  }

  #addItems(items: readonly Node[]): void {
    const set = this.#top();
    if (!(set instanceof SetNode)) throw wrongTarget('set', set);
    for (const item of items) set.items.add(checkKey(item));
  }

  #get(index: number): void {
    const found = this.#memo.get(index);
    if (found === undefined)
      throw new CheckpointError(`The pickle refers to its object ${index} before making it.`);
    this.#push(found);
  }

  #stackGlobal(): void {
    const [module, name] = this.#popSome(2);
    if (typeof module !== 'string' || typeof name !== 'string') {
      throw new CheckpointError(`The pickle names ${describeNode(name)} of ${describeNode(module)}.`);
    }
    this.#push(findGlobal(module, name));
  }

  #make(): void {
    const [made, args] = this.#popSome(2);
    if (!(made instanceof GlobalNode) || made.make === undefined || !(args instanceof TupleNode)) {
      throw new CheckpointError(`The pickle calls ${describeNode(made)} with ${describeNode(args)}.`);
    }
    // Copying the same long list again and again would make much out of a small pickle.
    for (const arg of args.items) this.#count(sizeToCopy(arg));
    this.#pushObject(made.make(args.items));
  }

  /** Attributes of an object. The one that is needed tells the versions of a module's parts. */
  #build(): void {
    const state = this.#pop();
    const target = this.#top();
    if (!(target instanceof DictNode && state instanceof DictNode)) {
      throw new CheckpointError(
        `The pickle sets attributes of ${describeNode(target)}, which has none here.`,
      );
    }
    for (const [name, value] of state.entries) {
      if (name !== '_metadata') {
        throw new CheckpointError(
          `A dictionary has the attribute ${describeNode(name)}, which is not known here.`,
        );
      }
      target.versions = value;
    }
  }

  /** `('storage', class, key, location, length)`. */
  #storage(id: Node): StorageNode {
    const [kind, type, key, , length] = id instanceof TupleNode ? id.items : [];
    if (
      kind !== 'storage' ||
      typeof key !== 'string' ||
      !Number.isSafeInteger(length) ||
      (length as number) < 0
    ) {
      throw new CheckpointError(
        `The pickle refers to ${describeNode(id)} outside of it: expected a storage.`,
      );
    }
    const storage = new StorageNode(key, storageClass(type).dtype, length as number);
    const known = this.#storages.get(key);
    if (known === undefined) {
      this.#storages.set(key, storage);
      return storage;
    }
    if (known.dtype !== storage.dtype || known.length !== storage.length) {
      throw new CheckpointError(`The pickle tells two things of storage '${key}'.`);
    }
    return known;
  }

  // The stack.

  #push(node: Node): void {
    this.#stack.push(node);
  }

  #pushObject(node: Node): void {
    this.#count(1);
    this.#stack.push(node);
  }

  #count(objects: number): void {
    this.#objects += objects;
    checkLimit(this.#limits, 'objects', this.#objects, 'The number of objects in the pickle');
  }

  /** A mark nests as what is made of its items does: objects, and the arguments that they are made with. */
  #mark(): void {
    checkLimit(
      this.#limits,
      'depth',
      Math.ceil(this.#marked.length / 4),
      'The nesting of marks in the pickle',
    );
    this.#marked.push(this.#stack);
    this.#stack = [];
  }

  #top(): Node {
    const node = this.#stack.at(-1);
    if (node === undefined) throw underflow();
    return node;
  }

  #pop(): Node {
    const node = this.#stack.pop();
    if (node === undefined) throw underflow();
    return node;
  }

  #popSome(count: number): Node[] {
    if (this.#stack.length < count) throw underflow();
    return this.#stack.splice(-count);
  }

  #popMark(): Node[] {
    const items = this.#stack;
    const before = this.#marked.pop();
    if (before === undefined) throw underflow();
    this.#stack = before;
    return items;
  }

  // The bytes.

  /** Goes past bytes that are there, and returns where they begin. */
  #skip(length: number): number {
    const at = this.#at;
    if (at + length > this.#bytes.length) throw new CheckpointError('The pickle is cut off.');
    this.#at = at + length;
    return at;
  }

  #take(length: number): Uint8Array {
    const at = this.#skip(length);
    return this.#bytes.subarray(at, at + length);
  }

  #byte(): number {
    return this.#bytes[this.#skip(1)] as number;
  }

  /** An unsigned integer. One that is too large to be exact is beyond the end of any pickle. */
  #size(width: 1 | 4 | 8): number {
    if (width === 1) return this.#byte();
    const at = this.#skip(width);
    return width === 4 ? this.#view.getUint32(at, true) : Number(this.#view.getBigUint64(at, true));
  }

  #text(length: number): string {
    try {
      return utf8.decode(this.#take(length));
    } catch (cause) {
      if (cause instanceof CheckpointError) throw cause;
      throw new CheckpointError('A text in the pickle is not UTF-8.', { cause });
    }
  }

  #line(): string {
    const end = this.#bytes.indexOf(0x0a, this.#at);
    if (end === -1) throw new CheckpointError('The pickle is cut off.');
    const text = this.#text(end - this.#at);
    this.#at = end + 1;
    return text;
  }
}

/** How many objects a copy is worth: one of 64 characters counts as one of an item. */
function sizeToCopy(node: Node): number {
  if (node instanceof ListNode || node instanceof TupleNode) return node.items.length;
  return typeof node === 'string' || node instanceof Uint8Array ? node.length / 64 : 0;
}

function underflow(): CheckpointError {
  return new CheckpointError('The pickle takes more off its stack than is on it: it is damaged.');
}

function wrongTarget(expected: string, target: Node): CheckpointError {
  return new CheckpointError(`The pickle adds items to ${describeNode(target)} as if it were a ${expected}.`);
}
