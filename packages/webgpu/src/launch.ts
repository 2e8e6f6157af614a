import { ArgumentError, type ASGD, type CapturedStep, describe, type StepScalars } from '@asgd/core';
import { bindSchedule, encodeScheduled, scheduleWords } from './bound-schedule.ts';
import type { DeviceContext } from './device-context.ts';
import type { TimestampWrites } from './gpu-types.ts';
import type { Span } from './memory.ts';
import { type BoundSlots, encodeUpdates, type Plan, writeScalars } from './plan.ts';
import { ScalarPages } from './scalars.ts';
import { submit } from './submit.ts';
import type { Written } from './unknown.ts';

const passDescriptor: GPUComputePassDescriptor = { label: 'asgd step' };

/** What a compute pass is given besides the step. */
export interface EncodeOptions {
  /** The compute pass's, as in `GPUComputePassDescriptor`. */
  readonly timestampWrites?: TimestampWrites;
}

/** Launches plans, on the queue or in the caller's encoder. */
export class Launcher {
  readonly #context: DeviceContext;
  readonly #scalars: ScalarPages;
  readonly #clearIfStale: (span: Span) => void;
  /** Opens the pass in the caller's encoder, while launches go into that. */
  #borrowPass: (() => GPUComputePassEncoder) | undefined;

  /** @param clearIfStale sets a span to 0 if it still holds an earlier tensor's values */
  constructor(context: DeviceContext, clearIfStale: (span: Span) => void) {
    this.#context = context;
    this.#clearIfStale = clearIfStale;
    this.#scalars = new ScalarPages(context.device, context.pipelines);
  }

  launch(plan: Plan, scalars: StepScalars<Span>): void {
    const { device, faults } = this.#context;
    const borrowPass = this.#borrowPass;
    const launch = (): void => {
      this.#clearStale(plan, scalars);
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
    };
    const what = borrowPass ? 'Encoding a step' : 'A step';
    const spans = spansOf(scalars);
    faults.watch(what, launch, () => writtenBy(plan.batch, spans));
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

  /** Records a step into the caller's encoder, as one pass for all batches. The caller submits it. */
  encodeStep(
    encoder: GPUCommandEncoder,
    step: ASGD | CapturedStep,
    { timestampWrites }: EncodeOptions = {},
  ): void {
    if (typeof encoder?.beginComputePass !== 'function') {
      throw new ArgumentError(
        `encodeStep() was given ${describe(encoder)}: expected a GPUCommandEncoder, as in encodeStep(encoder, optimizer).`,
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
      // An encoder that refused the pass reports it again when the pass ends.
      if (pass) this.#context.faults.watch('Encoding a step', () => pass?.end());
    }
  }

  close(): void {
    this.#scalars.close();
  }

  /** Clears stale tensors before the first launch of a plan. A plan keeps its tensors, so once is enough. */
  #clearStale(plan: Plan, scalars: StepScalars<Span>): void {
    if (scalars.on === 'device') {
      this.#clearIfStale(scalars.counters);
      if (typeof scalars.lr !== 'number') this.#clearIfStale(scalars.lr);
    }
    if (plan.isClear) return;
    plan.isClear = true;
    const { averaging, items } = plan.batch;
    for (const { parameter, gradient, average } of items) {
      this.#clearIfStale(parameter);
      this.#clearIfStale(gradient);
      if (!average) continue;
      // A copy overwrites all of the average.
      if (averaging === 'copy') average.isStale = false;
      else this.#clearIfStale(average);
    }
  }
}

/** The spans from which a device computes its scalars, which are the caller's own after the call. */
function spansOf(scalars: StepScalars<Span>): {
  readonly counters: readonly Span[];
  readonly all: readonly Span[];
} {
  if (scalars.on === 'host') return { counters: [], all: [] };
  const { counters, lr } = scalars;
  return { counters: [counters], all: typeof lr === 'number' ? [counters] : [counters, lr] };
}

/** What a launch writes. An average that is copied depends on nothing but its parameter. */
function writtenBy(
  { items, averaging }: Plan['batch'],
  { counters, all }: ReturnType<typeof spansOf>,
): readonly Written[] {
  return [
    ...items.flatMap(({ parameter, gradient, average }) => [
      { target: parameter, from: [parameter, gradient, ...all] },
      ...(average
        ? [{ target: average, from: averaging === 'copy' ? [parameter] : [parameter, average] }]
        : []),
    ]),
    ...counters.map((target) => ({ target, from: all })),
  ];
}
