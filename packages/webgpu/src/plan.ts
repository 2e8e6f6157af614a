import type { ScheduledBatch, StepBatch } from '@asgd/core';
import { COPY_DST, STORAGE } from './flags.ts';
import { describeUpdate, rangeWord, tileSize } from './float32.ts';
import type { Span } from './memory.ts';
import { checkOverlap } from './overlap.ts';
import { cut, join, type Piece, type PlannedItem } from './pieces.ts';
import type { Pipelines } from './pipelines.ts';
import type { ScheduledPlan } from './scheduled-plan.ts';

/** Where the plans of a backend are made. */
export interface Workshop {
  readonly device: GPUDevice;
  readonly pipelines: Pipelines;
  readonly isGuarded: boolean;
  /** Loaded on its own: its shader is half as large as all the rest. */
  readonly ScheduledPlan: typeof ScheduledPlan;
  /** The most that is bound of a buffer; a multiple of 256 bytes. */
  readonly windowSize: number;
  /** Makes the memory of an earlier tensor the zeros that this one's is to begin with. */
  freshen(span: Span): void;
}

/** A batch whose scalars may be the device's to make. */
interface PlannedBatch extends Pick<StepBatch<Span>, 'weightDecay' | 'maximize'> {
  readonly items: readonly PlannedItem[];
}

type Tensors = Pick<PlannedItem, 'parameter' | 'gradient' | 'average'>;

export type AnyBatch = PlannedBatch | ScheduledBatch<Span>;

/** Scalars in slots, bound. */
export interface BoundSlots {
  readonly group: GPUBindGroup;
  /** Where in their buffer the slots begin, in bytes. */
  readonly offset: number;
}

/** How a batch is launched. Made once, and used for as long as batches fit it. */
export interface LaunchPlan {
  /** Whether an encoder of a caller's has used it. */
  isLent: boolean;
  fits(batch: AnyBatch): boolean;
  /** What the device is told of a batch that fits, in slots. Valid until the next call. */
  scalarsOf(batch: AnyBatch): ArrayBuffer;
  encode(pass: GPUComputePassEncoder, slots: BoundSlots): void;
  destroy(): void;
}

/** Scalars of one dispatch start at multiples of this, the largest alignment that a device may ask for. In bytes. */
export const slotSize = 256;

interface Dispatch {
  readonly pipeline: GPUComputePipeline;
  readonly buffers: GPUBindGroup;
  readonly x: number;
  readonly y: number;
  readonly leader: number;
}

/** How one batch of updates is launched, as long as it consists of the same tensors. */
export class Plan implements LaunchPlan {
  isLent = false;
  readonly #items: readonly PlannedItem[];
  /** Per item, the first one of equal scalars. */
  readonly #leaders: readonly number[];
  readonly #hasWeightDecay: boolean;
  readonly #dispatches: readonly Dispatch[];
  readonly #tables: GPUBuffer[] = [];
  readonly #reals: Float32Array<ArrayBuffer>;
  readonly #words: Uint32Array;

  /** @throws ArgumentError when wrapped ranges overlap */
  constructor({ items, weightDecay }: PlannedBatch, workshop: Workshop) {
    checkOverlap(items);
    this.#items = items.map((item) => ({ ...item }));
    this.#leaders = findLeaders(items);
    this.#hasWeightDecay = weightDecay !== 0;
    const { windowSize } = workshop;
    const pieces = items.flatMap((item, index) => cut(item, this.#leaders[index] ?? index, windowSize));
    const groups = groupPieces(pieces);
    this.#reals = new Float32Array((groups.length * slotSize) / 4);
    this.#words = new Uint32Array(this.#reals.buffer);
    this.#dispatches = groups.map((group, index) => this.#prepare(group, (index * slotSize) / 4, workshop));
  }

  /** Whether a batch can be launched this way: the same tensors, of which the same share their scalars. */
  fits(batch: AnyBatch): boolean {
    if ('lr' in batch) return false;
    const { items, weightDecay } = batch;
    const isLike = (item: PlannedItem, index: number): boolean => {
      const planned = this.#items[index];
      const leader = items[this.#leaders[index] ?? index];
      return (
        areSame(item, planned) &&
        item.averaging === planned?.averaging &&
        item.decay === leader?.decay &&
        item.eta === leader.eta &&
        item.mu === leader.mu
      );
    };
    const isAlike = items.length === this.#items.length && (weightDecay !== 0) === this.#hasWeightDecay;
    return isAlike && items.every(isLike);
  }

  /** The scalars of a batch, as the device takes them: one slot a dispatch. Valid until the next call. */
  scalarsOf(batch: AnyBatch): ArrayBuffer {
    if ('lr' in batch) throw new Error('A plan is asked about what fits it');
    const { items, weightDecay, maximize } = batch;
    const sign = maximize ? -1 : 1;
    const signOfEta = weightDecay === 0 ? -sign : -1;
    this.#dispatches.forEach(({ leader }, index) => {
      const { decay = 0, eta = 0, mu = 0 } = items[leader] ?? {};
      this.#reals.set([decay, signOfEta * eta, mu, weightDecay, sign], (index * slotSize) / 4);
    });
    return this.#reals.buffer;
  }

  /** The item, by dispatch, whose scalars it is done with. */
  get leaders(): readonly number[] {
    return this.#dispatches.map(({ leader }) => leader);
  }

  encode(pass: GPUComputePassEncoder, { group, offset }: BoundSlots): void {
    this.#dispatches.forEach(({ pipeline, buffers, x, y }, index) => {
      pass.setPipeline(pipeline);
      pass.setBindGroup(0, group, [offset + index * slotSize]);
      pass.setBindGroup(1, buffers);
      pass.dispatchWorkgroups(x, y);
    });
  }

  destroy(): void {
    for (const table of this.#tables) table.destroy();
  }

  #prepare(pieces: readonly [Piece, ...Piece[]], slot: number, workshop: Workshop): Dispatch {
    const { device, pipelines, isGuarded } = workshop;
    const [{ averaging, isVector, slots, windows, leader, range }] = pieces;
    const isTabled = pieces.length > 1;
    const variant = { averaging, hasWeightDecay: this.#hasWeightDecay, isVector, isTabled, slots, isGuarded };
    const { pipeline, layout } = pipelines.compile(describeUpdate(variant));
    const resources: GPUBufferBinding[] = [...windows];
    let tiles = Math.ceil(range[3] / tileSize);
    if (isTabled) {
      const table = listTiles(pieces);
      tiles = table.length / 4;
      const buffer = createTable(device, table);
      this.#tables.push(buffer);
      resources.push({ buffer });
    } else this.#words.set(range, slot + rangeWord);
    const buffers = pipelines.bind(layout, resources);
    // As many workgroups in two dimensions as one has no room for.
    const y = Math.ceil(tiles / device.limits.maxComputeWorkgroupsPerDimension);
    return { pipeline, buffers, x: Math.ceil(tiles / y), y, leader };
  }
}

/** A table never changes, so it is safe however late an encoder that uses it is submitted. */
export function createTable(device: GPUDevice, table: readonly number[]): GPUBuffer {
  const buffer = device.createBuffer({ size: table.length * 4, usage: STORAGE | COPY_DST });
  device.queue.writeBuffer(buffer, 0, Uint32Array.from(table));
  return buffer;
}

/** Whether both are updates of the same tensors. */
export function areSame(item: Tensors, planned: Tensors | undefined): boolean {
  return (
    item.parameter === planned?.parameter &&
    item.gradient === planned.gradient &&
    item.average === planned.average
  );
}

function findLeaders(items: readonly PlannedItem[]): readonly number[] {
  const leaders = new Map<string, number>();
  return items.map(({ decay, eta, mu }, index) => {
    const key = [decay, eta, mu].join();
    const leader = leaders.get(key) ?? index;
    leaders.set(key, leader);
    return leader;
  });
}

/** What one dispatch does together: pieces of the same kind, with the same scalars, in the same windows. */
function groupPieces(pieces: readonly Piece[]): readonly [Piece, ...Piece[]][] {
  const buffers = new Map<GPUBuffer, number>();
  const groups = new Map<string, [Piece, ...Piece[]]>();
  for (const piece of pieces) {
    const { averaging, isVector, leader, windows, slots } = piece;
    const places = windows.flatMap(({ buffer, offset }) => {
      if (!buffers.has(buffer)) buffers.set(buffer, buffers.size);
      return [buffers.get(buffer), offset];
    });
    const key = [averaging, isVector, leader, slots, places].join(' ');
    const group = groups.get(key);
    const last = group?.pop();
    if (group && last) group.push(...join(last, piece));
    else groups.set(key, [piece]);
  }
  return [...groups.values()];
}

function listTiles(pieces: readonly Piece[]): readonly number[] {
  const tiles: number[] = [];
  for (const { range } of pieces) {
    const [parameter, gradient, average, length] = range;
    for (let start = 0; start < length; start += tileSize) {
      tiles.push(parameter + start, gradient + start, average + start, Math.min(tileSize, length - start));
    }
  }
  return tiles;
}
