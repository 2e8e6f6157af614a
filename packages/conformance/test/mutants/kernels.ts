import {
  type Backend,
  type Capabilities,
  defineBackend,
  type Kernels,
  type RealArray,
  type StepBatch,
} from '@asgd/core';
import type { Fault } from './faults.ts';
import { Memory, type Range } from './memory.ts';
import { update } from './update.ts';

const strict: Capabilities = {
  dtypes: ['float32', 'float64'],
  contraction: 'never',
  subnormals: 'keep',
  hostVisible: true,
  threads: 1,
};

/** A small backend, honest or with one fault. What it declares is independent of that. */
export function smallBackend(fault?: Fault, declared: Partial<Capabilities> = {}): Backend<RealArray> {
  return defineBackend(new SmallKernels(fault, declared));
}

export class SmallKernels implements Kernels<Range, RealArray> {
  readonly name = 'small';
  readonly contract = 1;
  readonly capabilities: Capabilities;
  readonly #fault: Fault | undefined;
  readonly #memory: Memory;
  /** Averages that were to be copied, and were not. */
  readonly #late = new Set<Range>();
  /** The averages of the last batch, by position. */
  readonly #averages: (Range | null)[] = [];

  constructor(fault?: Fault, declared: Partial<Capabilities> = {}) {
    this.#fault = fault;
    this.#memory = new Memory(fault);
    this.capabilities = { ...strict, ...declared };
  }

  allocate(dtype: Range['dtype'], length: number): Range {
    return this.#memory.allocate(dtype, length);
  }

  free(range: Range): void {
    this.#memory.free(range);
  }

  write(range: Range, values: RealArray): void {
    this.#memory.view(range).set(values);
  }

  read(range: Range): RealArray | Promise<RealArray> {
    const values = (): RealArray => this.#memory.view(range).slice();
    return this.#fault === 'reads-are-late' ? Promise.resolve().then(values) : values();
  }

  copy(source: Range, target: Range): void {
    this.#memory.view(target).set(this.#memory.view(source));
  }

  view(range: Range): RealArray {
    return this.#memory.view(range);
  }

  wrap(
    source: RealArray,
    dtype: Range['dtype'] | undefined,
  ): { storage: Range; dtype: Range['dtype']; length: number } {
    const storage = this.#memory.rangeOf(source, dtype);
    return { storage, dtype: storage.dtype, length: storage.length };
  }

  step({ dtype, weightDecay, maximize, items }: StepBatch<Range>): void {
    for (const [position, item] of items.entries()) {
      const { length, decay, mu, parameter, gradient } = item;
      const eta = this.#fault === 'eta-of-the-first-for-all' ? (items[0]?.eta ?? item.eta) : item.eta;
      const average = this.#averageOf(item.average, position);
      const averaging = this.#averagingOf(item);
      const operands = {
        parameter: this.#reach(parameter),
        gradient: this.#memory.view(gradient),
        average: average && averaging !== 'none' ? this.#reach(average) : null,
      };
      update(operands, { dtype, weightDecay, maximize, length, averaging, decay, eta, mu }, this.#fault);
    }
  }

  async synchronize(): Promise<void> {}

  async close(): Promise<void> {}

  #averageOf(average: Range | null, position: number): Range | null {
    if (this.#fault !== 'averages-kept-by-position' || average === null) return average;
    return (this.#averages[position] ??= average);
  }

  #averagingOf({
    average,
    averaging,
  }: StepBatch<Range>['items'][number]): StepBatch<Range>['items'][number]['averaging'] {
    if (this.#fault !== 'average-copied-one-update-late' || average === null) return averaging;
    if (averaging === 'copy') {
      this.#late.add(average);
      return 'none';
    }
    return this.#late.delete(average) ? 'copy' : averaging;
  }

  /** The values, and under one fault whatever comes after them. */
  #reach(range: Range): RealArray {
    if (this.#fault !== 'tail-overrun') return this.#memory.view(range);
    return this.#memory.view({ ...range, length: Math.ceil(range.length / 4) * 4 });
  }
}
