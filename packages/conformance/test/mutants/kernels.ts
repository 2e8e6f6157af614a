import {
  type Backend,
  type Capabilities,
  defineBackend,
  type HostScalars,
  type Kernels,
  type RealArray,
  type StepBatch,
  type StepItem,
} from '@asgd/core';
import type { Fault } from './faults.ts';
import { Memory, type Range } from './memory.ts';
import { scalarsUnder } from './scalars.ts';
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
  /** Averages that should have been copied, but were not. */
  readonly #uncopied = new Set<Range>();
  /** The averages of the first batch, by position. */
  readonly #averages: (Range | null)[] = [];
  readonly #gradients = new Map<Range, Range>();
  readonly #scalars = new Map<StepBatch<Range>, HostScalars>();
  /** A step to take only when its results are requested. */
  #late: { readonly batch: StepBatch<Range>; readonly scalars: HostScalars } | undefined;

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
    this.#catchUp();
    this.#memory.view(range).set(values);
  }

  read(range: Range): RealArray | Promise<RealArray> {
    this.#catchUp();
    const values = (): RealArray => this.#memory.view(range).slice();
    return this.#fault === 'reads-are-late' ? Promise.resolve().then(values) : values();
  }

  copy(source: Range, target: Range): void {
    this.#catchUp();
    if (this.#fault === 'copy-aliases') Object.assign(target, source);
    else this.#memory.view(target).set(this.#memory.view(source));
  }

  view(range: Range): RealArray {
    this.#catchUp();
    return this.#memory.view(range);
  }

  wrap(
    source: RealArray,
    dtype: Range['dtype'] | undefined,
  ): { storage: Range; dtype: Range['dtype']; length: number } {
    const storage = this.#memory.rangeOf(source, dtype);
    return { storage, dtype: storage.dtype, length: storage.length };
  }

  prepare(batch: StepBatch<Range>): StepBatch<Range> {
    if (this.#fault !== 'gradients-kept-by-parameter') return batch;
    const items = batch.items.map((item) => {
      const gradient = this.#gradients.get(item.parameter) ?? item.gradient;
      this.#gradients.set(item.parameter, gradient);
      return { ...item, gradient };
    });
    return { ...batch, items };
  }

  step(batch: StepBatch<Range>, scalars: HostScalars): void {
    this.#catchUp();
    if (this.#fault === 'scalars-read-late') this.#late = { batch, scalars };
    else if (this.#fault === 'scalars-of-the-first-step-kept') {
      const first = this.#scalars.get(batch) ?? { ...scalars };
      this.#scalars.set(batch, first);
      this.#update(batch, first);
    } else this.#update(batch, scalars);
  }

  release(): void {}

  async synchronize(): Promise<void> {}

  async close(): Promise<void> {}

  #catchUp(): void {
    const late = this.#late;
    this.#late = undefined;
    if (late) this.#update(late.batch, late.scalars);
  }

  #update({ dtype, averaging: declared, items }: StepBatch<Range>, given: HostScalars): void {
    const scalars = scalarsUnder(this.#fault, given);
    for (const [position, item] of items.entries()) {
      const { length, parameter, gradient } = item;
      const average = this.#averageOf(item.average, position);
      const averaging = this.#averagingOf(item, declared);
      const operands = {
        parameter: this.#reach(parameter),
        gradient: this.#memory.view(gradient),
        average: average && averaging !== 'none' ? this.#reach(average) : null,
      };
      update(operands, { ...scalars, dtype, length, averaging }, this.#fault);
    }
  }

  #averageOf(average: Range | null, position: number): Range | null {
    if (this.#fault !== 'averages-kept-by-position' || average === null) return average;
    return (this.#averages[position] ??= average);
  }

  #averagingOf({ average }: StepItem<Range>, averaging: StepBatch<Range>['averaging']): typeof averaging {
    if (this.#fault !== 'average-copied-one-update-late' || average === null) return averaging;
    if (averaging === 'copy') {
      this.#uncopied.add(average);
      return 'none';
    }
    return this.#uncopied.delete(average) ? 'copy' : averaging;
  }

  /** The values; with one of the faults, also whatever follows them in memory. */
  #reach(range: Range): RealArray {
    if (this.#fault !== 'tail-overrun') return this.#memory.view(range);
    return this.#memory.view({ ...range, length: Math.ceil(range.length / 4) * 4 });
  }
}
