import { ArgumentError, type ASGD, type CapturedStep, type StepScalars } from '@asgd/core';
import { bindSchedule, encodeScheduled, scheduleWords } from './bound-schedule.ts';
import type { DeviceContext } from './device-context.ts';
import type { Span } from './memory.ts';
import { type BoundSlots, encodeUpdates, type Plan, writeScalars } from './plan.ts';
import { ScalarPages } from './scalars.ts';
import { submit } from './submit.ts';

const passDescriptor: GPUComputePassDescriptor = { label: 'asgd step' };

export interface EncodeOptions {
  /** Of the compute pass, as in `GPUComputePassDescriptor`. */
  readonly timestampWrites?: GPUComputePassTimestampWrites;
}

/** Launches plans: on the queue, or into an encoder of the caller's. */
export class Launcher {
  readonly #context: DeviceContext;
  readonly #scalars: ScalarPages;
  readonly #clear: (span: Span) => void;
  /** The pass that launches go into while a caller's encoder takes them. */
  #borrowPass: (() => GPUComputePassEncoder) | undefined;

  /** @param clear makes a span what it is to begin with, if an earlier tensor has left something there */
  constructor(context: DeviceContext, clear: (span: Span) => void) {
    this.#context = context;
    this.#clear = clear;
    this.#scalars = new ScalarPages(context.device, context.pipelines);
  }

  launch(plan: Plan, scalars: StepScalars<Span>): void {
    const { device, faults } = this.#context;
    const borrowPass = this.#borrowPass;
    faults.watch(borrowPass ? 'Encoding a step' : 'A step', () => {
      this.#clearOnce(plan, scalars);
      const words = this.#wordsOf(plan, scalars);
      const slots = borrowPass
        ? this.#scalars.lasting(words.byteLength)
        : this.#scalars.own(words.byteLength);
      device.queue.writeBuffer(slots.buffer, slots.offset, words);
      if (borrowPass) {
        plan.isLent = true;
        this.#encode(plan, scalars, borrowPass(), slots);
        return;
      }
      submit(device, (encoder) => {
        const pass = encoder.beginComputePass(passDescriptor);
        this.#encode(plan, scalars, pass, slots);
        pass.end();
      });
    });
  }

  #wordsOf(plan: Plan, scalars: StepScalars<Span>): Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer> {
    if (scalars.on === 'device') return scheduleWords(scalars);
    writeScalars(plan, scalars);
    return plan.slots;
  }

  #encode(plan: Plan, scalars: StepScalars<Span>, pass: GPUComputePassEncoder, slots: BoundSlots): void {
    const context = this.#context;
    const hasWeightDecay = scalars.weightDecay !== 0;
    if (scalars.on === 'host') encodeUpdates(plan, hasWeightDecay, context, pass, slots);
    else {
      encodeScheduled(plan, bindSchedule(plan, scalars, context), hasWeightDecay, context, pass, slots);
    }
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
      if (pass) this.#context.faults.watch('Encoding a step', () => pass?.end());
    }
  }

  close(): void {
    this.#scalars.close();
  }

  /** Before the first launch of a plan. What it launches are the same tensors for good, and stay clear. */
  #clearOnce(plan: Plan, scalars: StepScalars<Span>): void {
    if (scalars.on === 'device') {
      this.#clear(scalars.counters);
      if (typeof scalars.lr !== 'number') this.#clear(scalars.lr);
    }
    if (plan.isClear) return;
    plan.isClear = true;
    const { averaging, items } = plan.batch;
    for (const { parameter, gradient, average } of items) {
      this.#clear(parameter);
      this.#clear(gradient);
      if (!average) continue;
      // A copy writes all of the average.
      if (averaging === 'copy') average.isStale = false;
      else this.#clear(average);
    }
  }
}
