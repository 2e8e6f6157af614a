import { ArgumentError, type ASGD, type StepBatch } from '@asgd/core';
import type { Faults } from './faults.ts';
import type { Span } from './memory.ts';
import { Plan, type Workshop } from './plan.ts';
import { ScalarPages } from './scalars.ts';

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
    this.#scalars = new ScalarPages(workshop.device, workshop.pipelines.uniformLayout);
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
        'What encodeStep() was given is no GPUCommandEncoder: expected encodeStep(encoder, optimizer).',
      );
    }
    const descriptor = { label: 'asgd step', ...(timestampWrites && { timestampWrites }) };
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
    const { device } = this.#workshop;
    const { plan } = this.#planFor(batch);
    const scalars = plan.scalarsOf(batch);
    const { buffer, group, offset } = this.#scalars.own(scalars.byteLength);
    device.queue.writeBuffer(buffer, offset, scalars);
    const encoder = device.createCommandEncoder({ label: 'asgd step' });
    const pass = encoder.beginComputePass({ label: 'asgd step' });
    plan.encode(pass, group, offset);
    pass.end();
    device.queue.submit([encoder.finish()]);
  }

  #encode(batch: StepBatch<Span>, borrowPass: () => GPUComputePassEncoder): void {
    const planned = this.#planFor(batch);
    planned.isLent = true;
    const scalars = planned.plan.scalarsOf(batch);
    const { buffer, group, offset } = this.#scalars.lasting(scalars.byteLength);
    this.#workshop.device.queue.writeBuffer(buffer, offset, scalars);
    planned.plan.encode(borrowPass(), group, offset);
  }

  #planFor(batch: StepBatch<Span>): { readonly plan: Plan; isLent: boolean } {
    const [first] = batch.items;
    if (!first) throw new Error('A batch is never empty');
    const found = this.#plans.get(first.parameter);
    if (found?.plan.fits(batch)) return found;
    const made = { plan: new Plan(batch, this.#workshop), isLent: false };
    this.forget(first.parameter);
    this.#plans.set(first.parameter, made);
    return made;
  }
}
