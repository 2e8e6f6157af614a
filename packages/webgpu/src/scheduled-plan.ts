import type { ScheduledBatch } from '@asgd/core';
import { COPY_DST, STORAGE, UNIFORM } from './flags.ts';
import type { Span } from './memory.ts';
import {
  type AnyBatch,
  areSame,
  type BoundSlots,
  createTable,
  type LaunchPlan,
  Plan,
  slotSize,
  type Workshop,
} from './plan.ts';
import type { Compiled } from './pipelines.ts';
import { describeSchedule, type ScheduleEntry, scheduleOf } from './schedule.ts';

/** Invocations of a workgroup of the schedule's kernels. */
const groupSize = 64;

const slotWords = slotSize / 4;

/** Step count in three parts, eta and mu. */
const counterWords = 5;

/** What one dispatch of a schedule's kernel binds: all counters in one buffer. */
interface Share {
  readonly prepare: GPUBindGroup;
  readonly advance: GPUBindGroup;
  readonly groups: number;
}

/**
 * How one batch is launched whose counters are on the device: a kernel makes the scalars of the updates from them,
 * the updates follow, and another kernel advances the counters. All in one pass.
 */
export class ScheduledPlan implements LaunchPlan {
  isLent = false;
  readonly #batch: ScheduledBatch<Span>;
  readonly #workshop: Workshop;
  readonly #kernels: Readonly<Record<ScheduleEntry, Compiled>>;
  readonly #updates: Plan;
  /** A slot for each dispatch of the updates, then the next counters of each item. */
  readonly #slots: GPUBuffer;
  readonly #scalars: GPUBindGroup;
  readonly #shares: readonly Share[];
  readonly #tables: GPUBuffer[] = [];

  /** @throws ArgumentError when wrapped ranges overlap */
  constructor(batch: ScheduledBatch<Span>, workshop: Workshop) {
    const { device, pipelines } = workshop;
    this.#batch = { ...batch, items: batch.items.map((item) => ({ ...item })) };
    this.#workshop = workshop;
    const compile = (entry: ScheduleEntry): Compiled =>
      pipelines.compile(describeSchedule(entry, typeof batch.lr === 'number'));
    this.#kernels = { prepare: compile('prepare'), advance: compile('advance') };
    // Scalars that tell the items apart, for each is to have its own.
    const items = batch.items.map((item, index) => ({ ...item, ...unknownScalars, decay: index }));
    const { weightDecay, maximize } = batch;
    const planned = { items, weightDecay, maximize };
    this.#updates = new Plan(planned, workshop);
    const known = this.#updates.scalarsOf(planned);
    this.#slots = device.createBuffer({
      size: known.byteLength + items.length * counterWords * 4,
      usage: UNIFORM | STORAGE | COPY_DST,
    });
    device.queue.writeBuffer(this.#slots, 0, known);
    this.#scalars = pipelines.bindScalars(this.#slots);
    const buffers = new Set(batch.items.map(({ scalars }) => scalars.buffer));
    this.#shares = [...buffers].map((buffer) => this.#share(buffer));
  }

  fits(batch: AnyBatch): boolean {
    if (!('lr' in batch)) return false;
    const { items, weightDecay, maximize, lr } = this.#batch;
    const isSameRate = typeof lr === 'number' ? typeof batch.lr === 'number' : lr === batch.lr;
    const isAlike = weightDecay === batch.weightDecay && maximize === batch.maximize && isSameRate;
    return (
      isAlike &&
      items.length === batch.items.length &&
      batch.items.every((item, index) => {
        const planned = items[index];
        return areSame(item, planned) && item.scalars === planned?.scalars;
      })
    );
  }

  scalarsOf(batch: AnyBatch): ArrayBuffer {
    if (!('lr' in batch)) throw new Error('A plan is asked about what fits it');
    const { lr, lambd, alpha, t0, weightDecay, maximize } = batch;
    const isNegated = !(maximize && weightDecay === 0);
    const words = new Uint32Array(slotWords);
    words.set(scheduleOf({ lr: typeof lr === 'number' ? lr : null, lambd, alpha, t0, isNegated }));
    if (typeof lr !== 'number') words[0] = (lr.offset % slotSize) / 4;
    return words.buffer;
  }

  encode(pass: GPUComputePassEncoder, slots: BoundSlots): void {
    this.#dispatch('prepare', pass, slots);
    this.#updates.encode(pass, { group: this.#scalars, offset: 0 });
    this.#dispatch('advance', pass, slots);
  }

  destroy(): void {
    this.#updates.destroy();
    this.#slots.destroy();
    for (const table of this.#tables) table.destroy();
  }

  #dispatch(entry: ScheduleEntry, pass: GPUComputePassEncoder, { group, offset }: BoundSlots): void {
    pass.setPipeline(this.#kernels[entry].pipeline);
    pass.setBindGroup(0, group, [offset]);
    for (const share of this.#shares) {
      pass.setBindGroup(1, share[entry]);
      pass.dispatchWorkgroups(share.groups);
    }
  }

  #share(counters: GPUBuffer): Share {
    const { device, pipelines } = this.#workshop;
    const { leaders } = this.#updates;
    const entries = [...this.#batch.items.entries()].filter(([, { scalars }]) => scalars.buffer === counters);
    const rows = entries.flatMap(([index, { scalars }]) => {
      const slots = leaders.filter((leader) => leader === index).length;
      return [
        scalars.offset / 4,
        Math.max(0, leaders.indexOf(index)),
        slots,
        leaders.length * slotWords + index * counterWords,
      ];
    });
    const table = createTable(device, rows);
    this.#tables.push(table);
    const buffers = [this.#slots, table, counters].map((buffer) => ({ buffer }));
    const { prepare, advance } = this.#kernels;
    return {
      prepare: pipelines.bind(prepare.layout, [...buffers, ...this.#rateWindow()]),
      advance: pipelines.bind(advance.layout, buffers),
      groups: Math.ceil(entries.length / groupSize),
    };
  }

  #rateWindow(): readonly GPUBufferBinding[] {
    const { lr } = this.#batch;
    if (typeof lr === 'number') return [];
    const { buffer } = lr;
    const offset = lr.offset - (lr.offset % slotSize);
    return [{ buffer, offset, size: Math.min(slotSize, buffer.size - (buffer.size % 4) - offset) }];
  }
}

const unknownScalars = { averaging: 'scheduled', eta: 0, mu: 0 } as const;
