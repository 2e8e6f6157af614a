import { ArgumentError, type ASGD, type CapturedStep } from '@asgd/core';
import type { Faults } from './faults.ts';
import type { Span } from './memory.ts';
import { type AnyBatch, type LaunchPlan, Plan, type Workshop } from './plan.ts';
import { ScalarPages, type ScalarSlots } from './scalars.ts';
import { submit } from './submit.ts';

const passDescriptor: GPUComputePassDescriptor = { label: 'asgd step' };

export interface EncodeOptions {
  /** Of the compute pass, as in `GPUComputePassDescriptor`. */
  readonly timestampWrites?: GPUComputePassTimestampWrites;
}

/** A plan, and whether an encoder of a caller's has used it. */
interface Planned {
  readonly plan: LaunchPlan;
  isLent: boolean;
}

/** Launches batches: on the queue, or into an encoder of the caller's. */
export class Launcher {
  readonly #workshop: Workshop;
  readonly #faults: Faults;
  readonly #scalars: ScalarPages;
  /** By the first parameter of their batch. */
  readonly #plans = new WeakMap<Span, Planned>();
  /** The pass that launches go into while a caller's encoder takes them. */
  #borrowPass: (() => GPUComputePassEncoder) | undefined;

  constructor(workshop: Workshop, faults: Faults) {
    this.#workshop = workshop;
    this.#faults = faults;
    this.#scalars = new ScalarPages(workshop.device, workshop.pipelines.scalarLayout);
  }

  launch(batch: AnyBatch): void {
    const borrowPass = this.#borrowPass;
    if (borrowPass) this.#faults.watch('Encoding a step', () => this.#encode(batch, borrowPass));
    else this.#faults.watch('A step', () => this.#submit(batch));
  }

  /** Takes a step into an encoder of the caller's, who submits it: one pass, however many batches. */
  encodeStep(
    encoder: GPUCommandEncoder,
    step: ASGD | CapturedStep,
    { timestampWrites }: EncodeOptions,
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
      pass?.end();
    }
  }

  /** Forgets how batches that begin with this parameter are launched. */
  forget(parameter: Span): void {
    const found = this.#plans.get(parameter);
    // Who got it into an encoder may submit that yet.
    if (found && !found.isLent) found.plan.destroy();
    this.#plans.delete(parameter);
  }

  close(): void {
    this.#scalars.close();
  }

  #submit(batch: AnyBatch): void {
    const { plan } = this.#planFor(batch);
    const scalars = plan.scalarsOf(batch);
    const slots = this.#scalars.own(scalars.byteLength);
    submit(this.#workshop.device, (encoder) => {
      const pass = encoder.beginComputePass(passDescriptor);
      this.#record(plan, scalars, slots, pass);
      pass.end();
    });
  }

  #encode(batch: AnyBatch, borrowPass: () => GPUComputePassEncoder): void {
    const planned = this.#planFor(batch);
    planned.isLent = true;
    const scalars = planned.plan.scalarsOf(batch);
    this.#record(planned.plan, scalars, this.#scalars.lasting(scalars.byteLength), borrowPass());
  }

  #record(plan: LaunchPlan, scalars: ArrayBuffer, slots: ScalarSlots, pass: GPUComputePassEncoder): void {
    this.#workshop.device.queue.writeBuffer(slots.buffer, slots.offset, scalars);
    plan.encode(pass, slots.group, slots.offset);
  }

  #planFor(batch: AnyBatch): Planned {
    const parameter = batch.items[0]?.parameter;
    if (!parameter) throw new Error('A batch is never empty');
    const found = this.#plans.get(parameter);
    if (found?.plan.fits(batch)) return found;
    const plan =
      'lr' in batch
        ? new this.#workshop.ScheduledPlan(batch, this.#workshop)
        : new Plan(batch, this.#workshop);
    const made = { plan, isLent: false };
    this.forget(parameter);
    this.#plans.set(parameter, made);
    return made;
  }
}
