import {
  type Backend,
  defineBackend,
  type HostScalars,
  type Kernels,
  type RealArray,
  type StepBatch,
} from '@asgd/core';
import { SmallKernels } from './kernels.ts';
import type { Range } from './memory.ts';

/** Faults of kernels that carry out later what they are asked to. */
export type QueueFault =
  | 'synchronize-does-nothing'
  | 'synchronize-resolves-early'
  | 'synchronize-gives-no-promise'
  | 'synchronize-never-resolves'
  | 'launches-beyond-1000-lost'
  | 'launches-beyond-9000-lost'
  | 'items-modulo-4096'
  | 'scalars-in-a-ring-of-64'
  | 'scalars-of-another-group'
  | 'shared-gradients-skipped'
  | 'freed-while-queued'
  | 'queue-of-all-backends'
  | 'reads-lost-at-close';

/** How many copies of scalars the ring has. */
const ring = 64;

/** What all backends of the module share, with the last fault. */
const common: (() => void)[] = [];

/** A backend that queues its steps, honest or with one fault. */
export function queuedBackend(fault?: QueueFault): Backend<RealArray> {
  return defineBackend(new QueuedKernels(fault));
}

class QueuedKernels implements Kernels<Range, RealArray> {
  readonly name = 'queued';
  readonly contract = 1;
  readonly capabilities: SmallKernels['capabilities'];
  readonly #kernels = new SmallKernels();
  readonly #fault: QueueFault | undefined;
  readonly #queue: (() => void)[];
  readonly #ring: HostScalars[] = [];
  readonly #decays = new Map<string, number>();
  #launches = 0;
  #isClosed = false;

  constructor(fault: QueueFault | undefined) {
    this.#fault = fault;
    this.#queue = fault === 'queue-of-all-backends' ? common : [];
    this.capabilities = this.#kernels.capabilities;
  }

  allocate(dtype: Range['dtype'], length: number): Range {
    return this.#kernels.allocate(dtype, length);
  }

  free(range: Range): void {
    if (this.#fault === 'freed-while-queued') this.#kernels.free(range);
    else this.#queue.push(() => this.#kernels.free(range));
  }

  write(range: Range, values: RealArray): void {
    if (this.#fault !== 'freed-while-queued') this.#catchUp();
    this.#kernels.write(range, values);
  }

  read(range: Range): RealArray | Promise<RealArray> {
    this.#catchUp();
    if (this.#fault !== 'reads-lost-at-close') return this.#kernels.read(range);
    return new Promise((resolve) => {
      setTimeout(() => this.#isClosed || resolve(this.#kernels.read(range)), 1);
    });
  }

  copy(source: Range, target: Range): void {
    this.#catchUp();
    this.#kernels.copy(source, target);
  }

  view(range: Range): RealArray {
    this.#catchUp();
    return this.#kernels.view(range);
  }

  wrap(source: RealArray, dtype: Range['dtype'] | undefined): ReturnType<SmallKernels['wrap']> {
    return this.#kernels.wrap(source, dtype);
  }

  prepare(batch: StepBatch<Range>): StepBatch<Range> {
    if (this.#fault === 'items-modulo-4096') return { ...batch, items: batch.items.slice(0, 4096) };
    if (this.#fault !== 'shared-gradients-skipped') return batch;
    const seen = new Set<Range>();
    return { ...batch, items: batch.items.filter(({ gradient }) => seen.size < seen.add(gradient).size) };
  }

  step(batch: StepBatch<Range>, given: HostScalars): void {
    this.#launches++;
    if (this.#fault === 'launches-beyond-1000-lost' && this.#launches > 1000) return;
    if (this.#fault === 'launches-beyond-9000-lost' && this.#launches > 9000) return;
    const slot = this.#fault === 'scalars-in-a-ring-of-64' ? this.#launches % ring : this.#launches;
    this.#ring[slot] = { ...given, ...this.#decayOf(given) };
    this.#queue.push(() => this.#kernels.step(batch, this.#ring[slot] as HostScalars));
  }

  release(): void {}

  synchronize(): Promise<void> {
    if (this.#fault === 'synchronize-does-nothing') return Promise.resolve();
    if (this.#fault === 'synchronize-never-resolves') return new Promise(() => {});
    if (this.#fault === 'synchronize-resolves-early') setTimeout(() => this.#catchUp(), 1);
    else this.#catchUp();
    const gives: unknown = this.#fault === 'synchronize-gives-no-promise' ? undefined : Promise.resolve();
    return gives as Promise<void>;
  }

  async close(): Promise<void> {
    this.#queue.length = 0;
    this.#isClosed = true;
  }

  /** With one of the faults, the decay of the first scalars that had the same eta. */
  #decayOf({ decay, eta }: HostScalars): Partial<HostScalars> {
    if (this.#fault !== 'scalars-of-another-group') return {};
    const first = this.#decays.get(String(eta)) ?? decay;
    this.#decays.set(String(eta), first);
    return { decay: first };
  }

  #catchUp(): void {
    for (const work of this.#queue.splice(0)) work();
  }
}
