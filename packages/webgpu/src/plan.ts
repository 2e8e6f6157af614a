import type { DeviceScalars, HostScalars, StepBatch } from '@asgd/core';
import type { DeviceContext } from './device-context.ts';
import { COPY_DST, STORAGE } from './flags.ts';
import { bindingsOf, describeUpdate, rangeWord, tileSize, type Variant } from './update.ts';
import type { Span } from './memory.ts';
import { checkOverlap } from './overlap.ts';
import type { ScheduleEntry } from './schedule.ts';
import { cut, join, type Segment } from './segments.ts';

/** The scalars of a dispatch start at a multiple of this, in bytes: the largest alignment that a device may require. */
export const slotSize = 256;

/** How a batch is launched, any number of times. */
export interface Plan {
  readonly batch: StepBatch<Span>;
  readonly dispatches: readonly Dispatch[];
  /** What a launch passes to the device: a slot for each dispatch. Only the scalars in the slots change. */
  readonly slots: Float32Array<ArrayBuffer>;
  /** How the last launch computed its scalars on the device. */
  schedule: BoundSchedule | undefined;
  /** Whether stale tensors have been cleared. */
  isClear: boolean;
  /** Whether a caller's encoder uses it, which may be submitted at any time. */
  isLent: boolean;
}

/** One dispatch, which updates segments of one kind in the same windows. */
interface Dispatch {
  readonly variant: Omit<Variant, 'hasWeightDecay'>;
  readonly buffers: GPUBindGroup;
  /** The tiles of several segments. It never changes, so an encoder that uses it may be submitted at any time. */
  readonly table: GPUBuffer | undefined;
  readonly x: number;
  readonly y: number;
  /** Without weight decay, and with it. Each is compiled when it is needed. */
  readonly compiled: [GPUComputePipeline?, GPUComputePipeline?];
}

/** What launches a plan with scalars that the device computes. */
export interface BoundSchedule {
  readonly counters: Span;
  readonly lr: Span | number;
  /** The device writes a slot for each dispatch, and behind them the next counters. */
  readonly slots: GPUBuffer;
  /** The slots, bound as the scalars of the updates, if there are any. */
  readonly scalars: GPUBindGroup | undefined;
  readonly kernels: Readonly<Record<ScheduleEntry, { pipeline: GPUComputePipeline; buffers: GPUBindGroup }>>;
}

/** Slots with scalars, bound. */
export interface BoundSlots {
  readonly group: GPUBindGroup;
  /** Where in their buffer the slots begin, in bytes. */
  readonly offset: number;
}

/** @throws ArgumentError when wrapped ranges overlap */
export function makePlan(batch: StepBatch<Span>, context: DeviceContext): Plan {
  checkOverlap(batch.items);
  const segments = batch.items.flatMap((item) => cut(item, batch.averaging, context.windowSize));
  const groups = groupSegments(segments);
  const slots = new Float32Array((groups.length * slotSize) / 4);
  const words = new Uint32Array(slots.buffer);
  groups.forEach(([{ range }], index) => words.set(range, (index * slotSize) / 4 + rangeWord));
  const dispatches = groups.map((group) => makeDispatch(group, context));
  return { batch, dispatches, slots, schedule: undefined, isClear: false, isLent: false };
}

function makeDispatch(segments: readonly [Segment, ...Segment[]], context: DeviceContext): Dispatch {
  const { device, pipelines, rounding } = context;
  const [{ averaging, isVector, slots, windows, range }] = segments;
  const isTabled = segments.length > 1;
  const variant = { averaging, isVector, isTabled, slots, isGuarded: rounding.isGuarded };
  const tiles = isTabled ? listTiles(segments) : [];
  const table = isTabled ? createTable(device, tiles) : undefined;
  const buffers = pipelines.bind(bindingsOf(variant), table ? [...windows, { buffer: table }] : windows);
  // Two dimensions, since one is limited.
  const groups = isTabled ? tiles.length / 4 : Math.ceil(range[3] / tileSize);
  const y = Math.ceil(groups / device.limits.maxComputeWorkgroupsPerDimension);
  return { variant, buffers, table, x: Math.ceil(groups / y), y, compiled: [] };
}

/** Writes the scalars of the next launch into the plan's slots. */
export function writeScalars({ slots }: Plan, { decay, eta, mu, weightDecay, sign }: HostScalars): void {
  const signedEta = eta * signOfEta({ weightDecay, sign });
  for (let slot = 0; slot < slots.length; slot += slotSize / 4) {
    slots[slot] = decay;
    slots[slot + 1] = signedEta;
    slots[slot + 2] = mu;
    slots[slot + 3] = weightDecay;
    slots[slot + 4] = sign;
  }
}

/** The sign of the eta that the kernels use. Without weight decay, it also carries the gradient's sign. */
export function signOfEta({ weightDecay, sign }: Pick<DeviceScalars<Span>, 'weightDecay' | 'sign'>): number {
  return weightDecay === 0 ? -sign : -1;
}

export function encodeUpdates(
  { dispatches }: Plan,
  hasWeightDecay: boolean,
  { pipelines }: DeviceContext,
  pass: GPUComputePassEncoder,
  { group, offset }: BoundSlots,
): void {
  dispatches.forEach(({ variant, compiled, buffers, x, y }, index) => {
    const pipeline = (compiled[hasWeightDecay ? 1 : 0] ??= pipelines.compile(
      describeUpdate({ ...variant, hasWeightDecay }),
    ));
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, group, [offset + index * slotSize]);
    pass.setBindGroup(1, buffers);
    pass.dispatchWorkgroups(x, y);
  });
}

/** Destroys the plan's buffers, unless a caller's encoder may still use them. Queued work completes. */
export function releasePlan({ dispatches, schedule, isLent }: Plan): void {
  if (isLent) return;
  for (const { table } of dispatches) table?.destroy();
  schedule?.slots.destroy();
}

function createTable(device: GPUDevice, tiles: readonly number[]): GPUBuffer {
  const buffer = device.createBuffer({ size: tiles.length * 4, usage: STORAGE | COPY_DST });
  device.queue.writeBuffer(buffer, 0, Uint32Array.from(tiles));
  return buffer;
}

function listTiles(segments: readonly Segment[]): readonly number[] {
  const tiles: number[] = [];
  for (const { range } of segments) {
    const [parameter, gradient, average, length] = range;
    for (let start = 0; start < length; start += tileSize) {
      tiles.push(parameter + start, gradient + start, average + start, Math.min(tileSize, length - start));
    }
  }
  return tiles;
}

/** Groups the segments that one dispatch can update: those of the same kind, in the same windows. */
function groupSegments(segments: readonly Segment[]): readonly [Segment, ...Segment[]][] {
  const buffers = new Map<GPUBuffer, number>();
  const groups = new Map<string, [Segment, ...Segment[]]>();
  for (const segment of segments) {
    const { isVector, windows, slots } = segment;
    const places = windows.flatMap(({ buffer, offset }) => {
      if (!buffers.has(buffer)) buffers.set(buffer, buffers.size);
      return [buffers.get(buffer), offset];
    });
    const key = [isVector, slots, places].join(' ');
    const group = groups.get(key);
    const last = group?.pop();
    if (group && last) group.push(...join(last, segment));
    else groups.set(key, [segment]);
  }
  return [...groups.values()];
}
