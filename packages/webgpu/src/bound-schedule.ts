import type { DeviceScalars } from '@asgd/core';
import type { DeviceContext } from './device-context.ts';
import { COPY_DST, STORAGE, UNIFORM } from './flags.ts';
import type { Span } from './memory.ts';
import {
  type BoundSchedule,
  type BoundSlots,
  encodeUpdates,
  type Plan,
  signOfEta,
  slotSize,
} from './plan.ts';
import { describeSchedule, type ScheduleEntry, scheduleOf } from './schedule.ts';

/** The plan's schedule. It is bound again when the counters or the lr are others than at the last launch. */
export function bindSchedule(
  plan: Plan,
  { counters, lr }: DeviceScalars<Span>,
  context: DeviceContext,
): BoundSchedule {
  const { schedule } = plan;
  const isNumber = typeof lr === 'number';
  if (schedule?.counters === counters && (isNumber ? typeof schedule.lr === 'number' : schedule.lr === lr)) {
    return schedule;
  }
  const { device, pipelines } = context;
  const slots = device.createBuffer({
    size: plan.slots.byteLength + counterBytes,
    usage: STORAGE | UNIFORM | COPY_DST,
  });
  device.queue.writeBuffer(slots, 0, plan.slots); // the ranges of the updates
  const resources = [{ buffer: slots }, windowOf(counters)];
  const bind = (entry: ScheduleEntry, bound: readonly GPUBufferBinding[]) => {
    const description = describeSchedule(entry, isNumber);
    return { pipeline: pipelines.compile(description), buffers: pipelines.bind(description.buffers, bound) };
  };
  const kernels = {
    prepare: bind('prepare', isNumber ? resources : [...resources, windowOf(lr)]),
    advance: bind('advance', resources),
  };
  if (!plan.isLent) schedule?.slots.destroy();
  // If nothing is updated, there is no slot to bind.
  const scalars = plan.dispatches.length > 0 ? pipelines.bindScalars(slots) : undefined;
  plan.schedule = { counters, lr, slots, scalars, kernels };
  return plan.schedule;
}

/** What a launch passes to the device. */
export function scheduleWords(scalars: DeviceScalars<Span>): Uint32Array<ArrayBuffer> {
  const { counters, lr, lambd, alpha, t0, weightDecay, sign } = scalars;
  const isNegated = signOfEta(scalars) < 0;
  const words = new Uint32Array(slotSize / 4);
  const reals = new Float32Array(words.buffer);
  words.set(scheduleOf({ lr: typeof lr === 'number' ? lr : null, lambd, alpha, t0, isNegated }));
  words.set([positionInWindow(counters), typeof lr === 'number' ? 0 : positionInWindow(lr)], 16);
  reals.set([weightDecay, sign], 18);
  return words;
}

/** One kernel computes the scalars, the updates follow, and another kernel advances the counters. */
export function encodeScheduled(
  plan: Plan,
  { scalars, kernels }: BoundSchedule,
  hasWeightDecay: boolean,
  context: DeviceContext,
  pass: GPUComputePassEncoder,
  given: BoundSlots,
): void {
  encode(kernels.prepare);
  if (scalars) encodeUpdates(plan, hasWeightDecay, context, pass, { group: scalars, offset: 0 });
  encode(kernels.advance);

  function encode({ pipeline, buffers }: BoundSchedule['kernels'][ScheduleEntry]): void {
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, given.group, [given.offset]);
    pass.setBindGroup(1, buffers);
    pass.dispatchWorkgroups(1);
  }
}

/** Five float32: the step count in three parts, eta and mu. */
const counterBytes = 20;

/** The part of a buffer to bind for a few numbers in it. Bindings begin at multiples of 256 bytes. */
function windowOf({ buffer, offset }: Span): GPUBufferBinding {
  const start = offset - (offset % slotSize);
  return { buffer, offset: start, size: Math.min(slotSize, buffer.size - (buffer.size % 4) - start) };
}

/** In words. */
function positionInWindow({ offset }: Span): number {
  return (offset % slotSize) / 4;
}
