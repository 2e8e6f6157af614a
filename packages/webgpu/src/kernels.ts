import type {
  Capabilities,
  Kernels,
  RealArray,
  RealDType,
  StepBatch,
  StepScalars,
  Wrapped,
} from '@asgd/core';
import { Copier } from './copy.ts';
import type { DeviceContext } from './device-context.ts';
import { Launcher } from './launch.ts';
import { type Span, TensorMemory } from './memory.ts';
import { packageId } from './package.ts';
import { makePlan, type Plan, releasePlan } from './plan.ts';
import { Readback } from './readback.ts';
import { type BufferRange, wrap } from './wrap.ts';

/** The kernels that `@asgd/core` calls, on a GPU. All work goes to the device's queue, in the order of the calls. */
export class WebGPUKernels implements Kernels<Span, BufferRange, Plan> {
  readonly name = 'webgpu';
  readonly contract = 1;
  readonly package: string | undefined = packageId;
  readonly capabilities: Capabilities;
  readonly launcher: Launcher;
  readonly #context: DeviceContext;
  readonly #isOwned: boolean;
  readonly #memory: TensorMemory;
  readonly #copier: Copier;
  readonly #readback: Readback;

  /** @param isOwned whether `close()` destroys the device */
  constructor(context: DeviceContext, isOwned: boolean) {
    const { device, faults, rounding } = context;
    const { contraction, subnormals } = rounding;
    this.capabilities = {
      dtypes: ['float32'],
      contraction,
      subnormals,
      hostVisible: false,
      threads: 1,
      schedules: true,
    };
    this.#context = context;
    this.#isOwned = isOwned;
    this.#memory = new TensorMemory(device, faults);
    this.#copier = new Copier(device);
    this.#readback = new Readback(device, faults);
    this.launcher = new Launcher(context, (span) => this.#clearIfStale(span));
  }

  allocate(_dtype: RealDType, length: number): Span {
    this.#context.faults.checkDevice();
    return this.#memory.allocate(length);
  }

  write(span: Span, values: RealArray): void {
    this.#readback.flush();
    const { device, faults } = this.#context;
    // The capabilities declare only float32, so core passes nothing else.
    const reals = values as Float32Array<ArrayBuffer>;
    faults.watch(
      'Writing',
      () => device.queue.writeBuffer(span.buffer, span.offset, reals),
      () => [{ target: span, from: [] }],
    );
    span.isStale = false;
  }

  async read(span: Span): Promise<Float32Array> {
    const { faults } = this.#context;
    faults.checkDevice();
    this.#clearIfStale(span);
    const unknown = faults.whyUnknown(span);
    const reading = this.#readback.read(span);
    reading.catch(() => {}); // if the values are unknown, that is what the caller is told
    const cause = await unknown;
    if (cause) throw cause;
    return reading;
  }

  copy(source: Span, target: Span): void {
    this.#readback.flush();
    this.#clearIfStale(source);
    this.#context.faults.watch(
      'Copying',
      () => this.#copier.copy(source, target),
      () => [{ target, from: [source] }],
    );
    target.isStale = false;
  }

  free(span: Span): void {
    this.#readback.flush();
    this.#memory.free(span);
  }

  prepare(batch: StepBatch<Span>): Plan {
    return this.#context.faults.watch('Preparing a step', () => makePlan(batch, this.#context)).result;
  }

  step(plan: Plan, scalars: StepScalars<Span>): void {
    this.#readback.flush();
    this.launcher.launch(plan, scalars);
  }

  release(plan: Plan): void {
    releasePlan(plan);
  }

  wrap(source: BufferRange): Wrapped<Span> {
    this.#context.faults.checkDevice();
    return wrap(source);
  }

  async synchronize(): Promise<void> {
    await this.#context.faults.report();
  }

  async close(): Promise<void> {
    const { device, faults } = this.#context;
    await this.#readback.close();
    await faults.settled();
    this.launcher.close();
    this.#copier.close();
    this.#memory.close();
    if (this.#isOwned) {
      device.destroy();
      await device.lost;
    }
  }

  /** A new tensor is all zeros, but its memory may hold the values of an earlier one. */
  #clearIfStale(span: Span): void {
    if (!span.isStale) return;
    this.#context.faults.watch(
      'Clearing',
      () => this.#copier.clear(span),
      () => [{ target: span, from: [] }],
    );
    span.isStale = false;
  }
}
