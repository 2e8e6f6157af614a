import { CheckpointError } from '../errors.ts';
import { checkLimit, type Limits } from '../limits.ts';
import type { Node } from './nodes.ts';

/** The stack of the pickle machine. A mark starts a new list on top of it, which is later taken as a whole. */
export class Stack {
  readonly #limits: Limits;
  readonly #marked: Node[][] = [];
  #nodes: Node[] = [];

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  get isEmpty(): boolean {
    return this.#nodes.length + this.#marked.length === 0;
  }

  push(node: Node): void {
    this.#nodes.push(node);
  }

  top(): Node {
    const node = this.#nodes.at(-1);
    if (node === undefined) throw underflow();
    return node;
  }

  pop(): Node {
    const node = this.#nodes.pop();
    if (node === undefined) throw underflow();
    return node;
  }

  popSome(count: number): Node[] {
    if (this.#nodes.length < count) throw underflow();
    return this.#nodes.splice(-count);
  }

  /** Marks nest like objects. An object may need a few: for its items, and for the arguments that it is made with. */
  mark(): void {
    checkLimit(
      this.#limits,
      'depth',
      Math.ceil(this.#marked.length / 4),
      'The nesting of marks in the pickle',
    );
    this.#marked.push(this.#nodes);
    this.#nodes = [];
  }

  popMark(): Node[] {
    const items = this.#nodes;
    const before = this.#marked.pop();
    if (before === undefined) throw underflow();
    this.#nodes = before;
    return items;
  }

  /** Drops an object, or a mark with nothing above it. */
  popAny(): void {
    if (this.#nodes.length === 0) this.popMark();
    else this.pop();
  }
}

function underflow(): CheckpointError {
  return new CheckpointError('The pickle takes more off its stack than is on it: it is damaged.');
}
