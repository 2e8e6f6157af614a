// Python's Lib/pickletools.py describes every opcode of the format. Here are those that torch.save writes, in
// protocols 2 to 5.
import { CheckpointError } from '../errors.ts';
import { checkLimit, type Limits } from '../limits.ts';
import { ByteReader } from './byte-reader.ts';
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
import { Stack } from './stack.ts';

/** The object in a pickle. No Python name is called; what each stands for is decided here. @throws CheckpointError */
export function unpickle(bytes: Uint8Array<ArrayBuffer>, limits: Limits): Node {
  return new Unpickler(bytes, limits).run();
}

class Unpickler {
  readonly #bytes: ByteReader;
  readonly #limits: Limits;
  readonly #memo = new Map<number, Node>();
  readonly #storages = new Map<string, StorageNode>();
  readonly #stack: Stack;
  #values = 0;

  constructor(bytes: Uint8Array<ArrayBuffer>, limits: Limits) {
    this.#bytes = new ByteReader(bytes);
    this.#limits = limits;
    this.#stack = new Stack(limits);
  }

  run(): Node {
    if (this.#bytes.byte() !== op.PROTO) {
      throw new CheckpointError('The pickle does not begin with its protocol.');
    }
    const protocol = this.#bytes.byte();
    if (protocol < 2 || protocol > 5) {
      throw new CheckpointError(
        `The pickle has protocol ${protocol}: expected 2 to 5, which torch.save writes.`,
      );
    }
    for (;;) {
      const code = this.#bytes.byte();
      if (code === op.STOP) break;
      this.#execute(code);
    }
    const result = this.#stack.pop();
    if (!this.#stack.isEmpty || !this.#bytes.isAtEnd) {
      throw new CheckpointError('The pickle goes on after its end, or leaves objects behind: it is damaged.');
    }
    return result;
  }

  #execute(code: number): void {
    switch (code) {
      case op.FRAME:
        return void this.#bytes.size(8);
      case op.NONE:
        return this.#push(null);
      case op.NEWTRUE:
        return this.#push(true);
      case op.NEWFALSE:
        return this.#push(false);
      case op.BININT:
        return this.#push(this.#bytes.view(4).getInt32(0, true));
      case op.BININT1:
        return this.#push(this.#bytes.byte());
      case op.BININT2:
        return this.#push(this.#bytes.view(2).getUint16(0, true));
      case op.LONG1:
        return this.#push(integerOf(this.#bytes.take(this.#bytes.size(1))));
      case op.LONG4:
        return this.#push(integerOf(this.#bytes.take(this.#bytes.size(4))));
      case op.BINFLOAT:
        return this.#push(this.#bytes.view(8).getFloat64(0, false));
      case op.SHORT_BINUNICODE:
        return this.#push(this.#bytes.text(this.#bytes.size(1)));
      case op.BINUNICODE:
        return this.#push(this.#bytes.text(this.#bytes.size(4)));
      case op.BINUNICODE8:
        return this.#push(this.#bytes.text(this.#bytes.size(8)));
      case op.SHORT_BINBYTES:
        return this.#push(this.#bytes.take(this.#bytes.size(1)).slice());
      case op.BINBYTES:
        return this.#push(this.#bytes.take(this.#bytes.size(4)).slice());
      case op.BINBYTES8:
      case op.BYTEARRAY8:
        return this.#push(this.#bytes.take(this.#bytes.size(8)).slice());
      case op.EMPTY_LIST:
        return this.#push(new ListNode());
      case op.EMPTY_DICT:
        return this.#push(new DictNode());
      case op.EMPTY_SET:
        return this.#push(new SetNode());
      case op.EMPTY_TUPLE:
        return this.#push(new TupleNode([]));
      case op.TUPLE1:
      case op.TUPLE2:
      case op.TUPLE3:
        return this.#push(new TupleNode(this.#stack.popSome(code - op.TUPLE1 + 1)));
      default:
        return this.#executeOnStack(code);
    }
  }

  /** Opcodes that work on what is on the stack, or on the memo. */
  #executeOnStack(code: number): void {
    switch (code) {
      case op.MARK:
        return this.#stack.mark();
      case op.POP:
        // If a mark is on top, it takes the mark.
        return this.#stack.popAny();
      case op.POP_MARK:
        return void this.#stack.popMark();
      case op.DUP:
        return this.#push(this.#stack.top());
      case op.TUPLE:
        return this.#push(new TupleNode(this.#stack.popMark()));
      case op.FROZENSET:
        return this.#pushFrozenSet(this.#stack.popMark());
      case op.APPEND:
        return this.#append([this.#stack.pop()]);
      case op.APPENDS:
        return this.#append(this.#stack.popMark());
      case op.SETITEM:
        return this.#setItems(this.#stack.popSome(2));
      case op.SETITEMS:
        return this.#setItems(this.#stack.popMark());
      case op.ADDITEMS:
        return this.#addItems(this.#stack.popMark());
      case op.BINPUT:
        return void this.#memo.set(this.#bytes.byte(), this.#stack.top());
      case op.LONG_BINPUT:
        return void this.#memo.set(this.#bytes.size(4), this.#stack.top());
      case op.MEMOIZE:
        return void this.#memo.set(this.#memo.size, this.#stack.top());
      case op.BINGET:
        return this.#get(this.#bytes.byte());
      case op.LONG_BINGET:
        return this.#get(this.#bytes.size(4));
      case op.GLOBAL:
        return this.#push(findGlobal(this.#bytes.line(), this.#bytes.line()));
      case op.STACK_GLOBAL:
        return this.#stackGlobal();
      case op.REDUCE:
      case op.NEWOBJ:
        return this.#make();
      case op.BUILD:
        return this.#build();
      case op.BINPERSID:
        return this.#push(this.#storage(this.#stack.pop()));
      default:
        throw new CheckpointError(
          `The pickle has the opcode ${nameOf(code)} at byte ${this.#bytes.position - 1}, which torch.save does not write: ` +
            `it is damaged, or made by something else.`,
        );
    }
  }

  #append(items: readonly Node[]): void {
    const list = this.#stack.top();
    if (!(list instanceof ListNode)) throw wrongTarget('list', list);
    for (const item of items) list.items.push(item);
  }

  #setItems(items: readonly Node[]): void {
    const dict = this.#stack.top();
    if (!(dict instanceof DictNode) || items.length % 2 !== 0) throw wrongTarget('dictionary', dict);
    for (let i = 0; i < items.length; i += 2) dict.entries.set(checkKey(items[i]), items[i + 1] as Node);
  }

  #pushFrozenSet(items: readonly Node[]): void {
    this.#push(new SetNode());
    this.#addItems(items);
  }

  #addItems(items: readonly Node[]): void {
    const set = this.#stack.top();
    if (!(set instanceof SetNode)) throw wrongTarget('set', set);
    for (const item of items) set.items.add(checkKey(item));
  }

  #get(index: number): void {
    const found = this.#memo.get(index);
    if (found === undefined) {
      throw new CheckpointError(`The pickle refers to object ${index} before it makes it.`);
    }
    this.#push(found);
  }

  #stackGlobal(): void {
    const [module, name] = this.#stack.popSome(2);
    if (typeof module !== 'string' || typeof name !== 'string') {
      throw new CheckpointError(`The pickle names ${describeNode(name)} of ${describeNode(module)}.`);
    }
    this.#push(findGlobal(module, name));
  }

  #make(): void {
    const [made, args] = this.#stack.popSome(2);
    if (!(made instanceof GlobalNode) || made.make === undefined || !(args instanceof TupleNode)) {
      throw new CheckpointError(`The pickle calls ${describeNode(made)} with ${describeNode(args)}.`);
    }
    // Copies of the same long list, again and again, could make a small pickle huge.
    for (const arg of args.items) this.#count(sizeToCopy(arg));
    this.#push(made.make(args.items));
  }

  /** Sets attributes of an object. The only one that is needed has the versions of a module's parts. */
  #build(): void {
    const state = this.#stack.pop();
    const target = this.#stack.top();
    if (!(target instanceof DictNode && state instanceof DictNode)) {
      throw new CheckpointError(
        `The pickle sets attributes of ${describeNode(target)}, which cannot have any here.`,
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
        `The pickle refers to ${describeNode(id)} outside itself: expected a storage.`,
      );
    }
    const storage = new StorageNode(key, storageClass(type).dtype, length as number);
    const known = this.#storages.get(key);
    if (known === undefined) {
      this.#storages.set(key, storage);
      return storage;
    }
    if (known.dtype !== storage.dtype || known.length !== storage.length) {
      throw new CheckpointError(`The pickle contradicts itself about storage '${key}'.`);
    }
    return known;
  }

  // The stack.

  #push(node: Node): void {
    this.#count(1);
    this.#stack.push(node);
  }

  #count(values: number): void {
    this.#values += values;
    checkLimit(this.#limits, 'objects', this.#values, 'The number of values in the pickle');
  }
}

/** How many values a copy counts as: 64 characters of a text count as one item. */
function sizeToCopy(node: Node): number {
  if (node instanceof ListNode || node instanceof TupleNode) return node.items.length;
  return typeof node === 'string' || node instanceof Uint8Array ? node.length / 64 : 0;
}

function wrongTarget(expected: string, target: Node): CheckpointError {
  return new CheckpointError(`The pickle adds items to ${describeNode(target)} as if it were a ${expected}.`);
}
