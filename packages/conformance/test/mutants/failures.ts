import {
  ArgumentError,
  type Backend,
  defineBackend,
  DeviceLostError,
  type HostScalars,
  OutOfMemoryError,
  type RealArray,
  type StepBatch,
} from '@asgd/core';
import type { Operation, Subject } from '../../src/case.ts';
import { SmallKernels } from './kernels.ts';
import type { Range } from './memory.ts';

/** Faults of kernels at which something goes wrong. */
export type FailureFault =
  | 'allocation-fails-with-a-RangeError'
  | 'half-written'
  | 'half-copied'
  | 'first-item-updated'
  | 'failed-step-is-silent'
  | 'failed-copy-is-silent'
  | 'failed-read-gives-zeros'
  | 'failed-allocation-clears-others'
  | 'broken-after-a-failure'
  | 'freed-memory-is-not-given-back'
  | 'full-memory-is-shared'
  | 'full-memory-is-a-RangeError'
  | 'loss-is-silent'
  | 'loss-is-told-once'
  | 'loss-is-a-TypeError'
  | 'reads-wait-at-the-loss'
  | 'close-fails-after-the-loss'
  | 'late-failure-is-silent'
  | 'late-failure-is-told-again'
  | 'late-values-are-the-old-ones'
  | 'late-values-are-known-once-told'
  | 'late-values-are-known-after-another-step';

/** How kernels say that something went wrong, and what is left of a device that was lost. */
export interface Manner {
  /** Whether a step that fails does so later, when `synchronize` is asked. */
  readonly isLate?: boolean;
  /** Whether the loss takes nothing away but speed, and is told once. */
  readonly isPartial?: boolean;
}

/** Kernels that can be made to fail in every way that the suite knows. */
class FallibleKernels extends SmallKernels {
  readonly #failing: FailureFault | undefined;
  readonly #manner: Manner;
  readonly #countdown = new Map<Operation, number>();
  readonly #live = new Set<Range>();
  readonly #room: number;
  #used = 0;
  #isLost = false;
  #isTold = false;
  #isBroken = false;
  #late: Error | undefined;
  /** What a step should have written that failed later. */
  readonly #unknown = new Set<Range>();

  constructor(fault: FailureFault | undefined, manner: Manner, room: number) {
    super();
    this.#failing = fault;
    this.#manner = manner;
    this.#room = room;
  }

  failNext(operation: Operation, nth: number): void {
    this.#countdown.set(operation, nth);
  }

  loseDevice(): void {
    this.#isLost = true;
  }

  override allocate(dtype: Range['dtype'], length: number): Range {
    this.#checkDevice();
    const bytes = length * (dtype === 'float32' ? 4 : 8);
    if (this.#fails('allocate')) {
      const [first] = this.#live;
      if (this.#failing === 'failed-allocation-clears-others' && first) super.view(first).fill(0);
      if (this.#failing === 'allocation-fails-with-a-RangeError') throw new RangeError('No room.');
      throw new OutOfMemoryError('No room, as the case wants it.');
    }
    if (this.#used + bytes > this.#room) {
      const [first] = this.#live;
      if (this.#failing === 'full-memory-is-shared' && first && first.length >= length) {
        return { ...first, dtype, length };
      }
      if (this.#failing === 'full-memory-is-a-RangeError') throw new RangeError('No room.');
      throw new OutOfMemoryError(`${this.#used} of ${this.#room} bytes are in use.`);
    }
    this.#used += bytes;
    const range = super.allocate(dtype, length);
    this.#live.add(range);
    return range;
  }

  override free(range: Range): void {
    if (!this.#live.delete(range)) return;
    super.free(range);
    if (this.#failing === 'freed-memory-is-not-given-back') return;
    this.#used -= range.length * (range.dtype === 'float32' ? 4 : 8);
  }

  override write(range: Range, values: RealArray): void {
    this.#checkDevice();
    if (this.#fails('write')) {
      if (this.#failing === 'half-written') super.view(range).set(values.subarray(0, values.length >> 1));
      throw new ArgumentError('Not written, as the case wants it.');
    }
    super.write(range, values);
    this.#unknown.delete(range);
  }

  override read(range: Range): RealArray | Promise<RealArray> {
    if (this.#isLost && this.#failing === 'reads-wait-at-the-loss') return new Promise(() => {});
    this.#checkDevice();
    if (this.#fails('read')) {
      if (this.#failing === 'failed-read-gives-zeros') return super.view(range).slice().fill(0);
      throw new ArgumentError('Not read, as the case wants it.');
    }
    if (this.#unknown.has(range)) throw new ArgumentError('Unknown, since a step has failed.');
    return super.read(range);
  }

  override copy(source: Range, target: Range): void {
    this.#checkDevice();
    if (this.#fails('copy')) {
      if (this.#failing === 'failed-copy-is-silent') return;
      const half = super.view(source).subarray(0, source.length >> 1);
      if (this.#failing === 'half-copied') super.view(target).set(half);
      throw new ArgumentError('Not copied, as the case wants it.');
    }
    super.copy(source, target);
    if (this.#unknown.has(source)) this.#unknown.add(target);
    else this.#unknown.delete(target);
  }

  override step(batch: StepBatch<Range>, scalars: HostScalars): void {
    this.#checkDevice();
    if (!this.#fails('step')) {
      super.step(batch, scalars);
      this.#carryOn(batch);
      return;
    }
    if (this.#failing === 'failed-step-is-silent') return;
    const failure = new ArgumentError('Not updated, as the case wants it.');
    if (this.#failing === 'first-item-updated') {
      super.step({ ...batch, items: batch.items.slice(0, 1) }, scalars);
    }
    if (!this.#manner.isLate) throw failure;
    if (this.#failing !== 'late-failure-is-silent') this.#late = failure;
    if (this.#failing === 'late-values-are-the-old-ones') return;
    for (const { parameter, average } of batch.items) {
      this.#unknown.add(parameter);
      if (average) this.#unknown.add(average);
    }
  }

  /** What is computed from unknown values is unknown. */
  #carryOn({ items, averaging }: StepBatch<Range>): void {
    for (const { parameter, gradient, average } of items) {
      if (this.#failing === 'late-values-are-known-after-another-step') this.#unknown.delete(parameter);
      if (this.#unknown.has(gradient)) this.#unknown.add(parameter);
      if (!average) continue;
      if (this.#unknown.has(parameter)) this.#unknown.add(average);
      else if (averaging === 'copy') this.#unknown.delete(average);
    }
  }

  override async synchronize(): Promise<void> {
    this.#checkDevice();
    const late = this.#late;
    if (this.#failing !== 'late-failure-is-told-again') this.#late = undefined;
    if (this.#failing === 'late-values-are-known-once-told') this.#unknown.clear();
    if (late) throw late;
  }

  override async close(): Promise<void> {
    if (this.#isLost && this.#failing === 'close-fails-after-the-loss') this.#checkDevice();
  }

  #fails(operation: Operation): boolean {
    if (this.#isBroken) throw new ArgumentError('Out of order.');
    const left = (this.#countdown.get(operation) ?? 0) - 1;
    this.#countdown.set(operation, left);
    if (left === 0 && this.#failing === 'broken-after-a-failure') this.#isBroken = true;
    return left === 0;
  }

  #checkDevice(): void {
    if (!this.#isLost || this.#failing === 'loss-is-silent') return;
    if (this.#isTold && this.#manner.isPartial) return;
    if (this.#isTold && this.#failing === 'loss-is-told-once') {
      for (const range of this.#live) super.view(range).fill(0);
      return;
    }
    this.#isTold = true;
    if (this.#failing === 'loss-is-a-TypeError') throw new TypeError('device is null');
    throw new DeviceLostError('Gone, as the case wants it.');
  }
}

/** A subject that offers everything, honest or with one fault. */
export function fallibleSubject(fault?: FailureFault, manner: Manner = {}): Subject {
  const kernels = new WeakMap<Backend, FallibleKernels>();
  const open = (room = Infinity): Backend => {
    const made = new FallibleKernels(fault, manner, room);
    const backend = defineBackend(made);
    kernels.set(backend, made);
    return backend;
  };
  const failing = (operation: Operation) => (backend: Backend, nth: number) =>
    kernels.get(backend)?.failNext(operation, nth);
  return {
    name: 'fallible',
    open: () => open(),
    limitMemory: (bytes) => open(bytes),
    loseDevice: (backend) => kernels.get(backend)?.loseDevice(),
    failNext: {
      allocate: failing('allocate'),
      write: failing('write'),
      read: failing('read'),
      copy: failing('copy'),
      step: failing('step'),
    },
  };
}
