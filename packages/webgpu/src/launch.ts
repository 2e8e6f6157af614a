import { ArgumentError, type ASGD, type StepBatch, type StepItem } from '@asgd/core';
import type { Faults } from './faults.ts';
import type { Span } from './memory.ts';
import { Plan, type Workshop } from './plan.ts';
import { ScalarPages, type ScalarSlots } from './scalars.ts';
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
  readonly #plans = new WeakMap<Span, { readonly plan: Plan; isLent: boolean }>();
  /** The pass that launches go into while a caller's encoder takes them. */
  #borrowPass: (() => GPUComputePassEncoder) | undefined;

  constructor(workshop: Workshop, faults: Faults) {
    this.#workshop = workshop;
    this.#faults = faults;
    this.#scalars = new ScalarPages(workshop.device, workshop.pipelines.scalarLayout);
  }

  launch(batch: StepBatch<Span>): void {
    const borrowPass = this.#borrowPass;
    if (borrowPass) this.#faults.watch('Encoding a step', () => this.#encode(batch, borrowPass));
    else this.#faults.watch('A step', () => this.#submit(batch));
  }

  /** Steps the optimizer into an encoder of the caller's, who submits it: one pass, however many batches. */
  encodeStep(encoder: GPUCommandEncoder, optimizer: ASGD, { timestampWrites }: EncodeOptions): void {
    if (typeof encoder?.beginComputePass !== 'function') {
      throw new ArgumentError(
        'encodeStep() was given no GPUCommandEncoder: expected encodeStep(encoder, optimizer).',
      );
    }
    const descriptor = { ...passDescriptor, ...(timestampWrites && { timestampWrites }) };
    let pass: GPUComputePassEncoder | undefined;
    this.#borrowPass = () => (pass ??= encoder.beginComputePass(descriptor));
    try {
      optimizer.step();
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

  #submit(batch: StepBatch<Span>): void {
    const { plan } = this.#planFor(batch);
    const scalars = plan.scalarsOf(batch);
    const slots = this.#scalars.own(scalars.byteLength);
    submit(this.#workshop.device, (encoder) => {
      const pass = encoder.beginComputePass(passDescriptor);
      this.#record(plan, scalars, slots, pass);
      pass.end();
    });
  }

  #encode(batch: StepBatch<Span>, borrowPass: () => GPUComputePassEncoder): void {
    const planned = this.#planFor(batch);
    planned.isLent = true;
    const scalars = planned.plan.scalarsOf(batch);
    this.#record(planned.plan, scalars, this.#scalars.lasting(scalars.byteLength), borrowPass());
  }

  #record(plan: Plan, scalars: ArrayBuffer, slots: ScalarSlots, pass: GPUComputePassEncoder): void {
    this.#workshop.device.queue.writeBuffer(slots.buffer, slots.offset, scalars);
    plan.encode(pass, slots.group, slots.offset);
  }

  #planFor(batch: StepBatch<Span>): { readonly plan: Plan; isLent: boolean } {
    const [{ parameter }] = batch.items as [StepItem<Span>]; // never empty
    const found = this.#plans.get(parameter);
    if (found?.plan.fits(batch)) return found;
    const made = { plan: new Plan(batch, this.#workshop), isLent: false };
    this.forget(parameter);
    this.#plans.set(parameter, made);
    return made;
  }
}
