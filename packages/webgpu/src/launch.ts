import { ArgumentError, type ASGD, type CapturedStep } from '@asgd/core';
import type { Faults } from './faults.ts';
import type { Span } from './memory.ts';
import { type AnyBatch, type LaunchPlan, Plan, type Workshop } from './plan.ts';
import { ScalarPages } from './scalars.ts';
import { submit } from './submit.ts';

const passDescriptor: GPUComputePassDescriptor = { label: 'asgd step' };

export interface EncodeOptions {
  /** Of the compute pass, as in `GPUComputePassDescriptor`. */
  readonly timestampWrites?: GPUComputePassTimestampWrites;
}

/** Launches batches: on the queue, or into an encoder of the caller's. */
export class Launcher {
  readonly #workshop: Workshop;
  readonly #faults: Faults;
  readonly #scalars: ScalarPages;
  /** By the first parameter of their batch. */
  readonly #plans = new WeakMap<Span, LaunchPlan>();
  /** The pass that launches go into while a caller's encoder takes them. */
  #borrowPass: (() => GPUComputePassEncoder) | undefined;

  constructor(workshop: Workshop, faults: Faults) {
    this.#workshop = workshop;
    this.#faults = faults;
    this.#scalars = new ScalarPages(workshop.device, workshop.pipelines);
  }

  launch(batch: AnyBatch): void {
    const borrowPass = this.#borrowPass;
    this.#faults.watch(borrowPass ? 'Encoding a step' : 'A step', () => {
      const plan = this.#planFor(batch);
      const scalars = plan.scalarsOf(batch);
      const size = scalars.byteLength;
      const slots = borrowPass ? this.#scalars.lasting(size) : this.#scalars.own(size);
      const { device } = this.#workshop;
      device.queue.writeBuffer(slots.buffer, slots.offset, scalars);
      if (borrowPass) {
        plan.isLent = true;
        plan.encode(borrowPass(), slots);
        return;
      }
      submit(device, (encoder) => {
        const pass = encoder.beginComputePass(passDescriptor);
        plan.encode(pass, slots);
        pass.end();
      });
    });
  }

  /** Takes a step into an encoder of the caller's, who submits it: one pass, however many batches. */
  encodeStep(
    encoder: GPUCommandEncoder,
    step: ASGD | CapturedStep,
    { timestampWrites }: EncodeOptions = {},
  ): void {
    if (typeof encoder?.beginComputePass !== 'function') {
      throw new ArgumentError(
        'encodeStep() was given no GPUCommandEncoder: expected encodeStep(encoder, optimizer).',
      );
    }
    const descriptor = { ...passDescriptor, ...(timestampWrites && { timestampWrites }) };
    let pass: GPUComputePassEncoder | undefined;
    this.#borrowPass = () => (pass ??= encoder.beginComputePass(descriptor));
    try {
      if ('replay' in step) step.replay();
      else step.step();
    } finally {
      this.#borrowPass = undefined;
      // An encoder that takes no pass tells of it once more when the pass is ended.
      if (pass) this.#faults.watch('Encoding a step', () => pass?.end());
    }
  }

  /** Forgets how batches that begin with this parameter are launched. */
  forget(parameter: Span): void {
    const found = this.#plans.get(parameter);
    // Who got it into an encoder may submit that yet.
    if (!found?.isLent) found?.destroy();
    this.#plans.delete(parameter);
  }

  close(): void {
    this.#scalars.close();
  }

  #planFor(batch: AnyBatch): LaunchPlan {
    const parameter = batch.items[0]?.parameter;
    if (!parameter) throw new Error('A batch is never empty');
    const found = this.#plans.get(parameter);
    if (found?.fits(batch)) return found;
    const plan =
      'lr' in batch
        ? new this.#workshop.ScheduledPlan(batch, this.#workshop)
        : new Plan(batch, this.#workshop);
    this.#freshen(batch);
    this.forget(parameter);
    this.#plans.set(parameter, plan);
    return plan;
  }

  /** Before the first launch of a plan. What it launches are the same tensors for good, and stay fresh. */
  #freshen(batch: AnyBatch): void {
    const { freshen } = this.#workshop;
    if ('lr' in batch) {
      if (typeof batch.lr !== 'number') freshen(batch.lr);
      for (const { scalars } of batch.items) freshen(scalars);
    }
    for (const item of batch.items) {
      freshen(item.parameter);
      freshen(item.gradient);
      // A copy writes all of the average.
      const isWritten = 'averaging' in item && item.averaging === 'copy';
      if (item.average && isWritten) item.average.isStale = false;
      else if (item.average) freshen(item.average);
    }
  }
}
