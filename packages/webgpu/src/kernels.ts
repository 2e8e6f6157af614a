import type {
  Capabilities,
  Kernels,
  RealArray,
  RealDType,
  ScheduledBatch,
  StepBatch,
  Wrapped,
} from '@asgd/core';
import { Copier } from './copy.ts';
import type { Faults } from './faults.ts';
import { Launcher } from './launch.ts';
import { Memory, type Span } from './memory.ts';
import type { Pipelines } from './pipelines.ts';
import type { Workshop } from './plan.ts';
import type { Rounding } from './probe.ts';
import { Readback } from './readback.ts';
import { type BufferRange, wrap } from './wrap.ts';

/** What kernels are made from. */
export interface Ground {
  readonly device: GPUDevice;
  readonly faults: Faults;
  readonly pipelines: Pipelines;
  readonly rounding: Rounding;
  readonly ScheduledPlan: Workshop['ScheduledPlan'];
  /** Whether the device is ours to destroy. */
  readonly isOwned: boolean;
}

/** Storage and the update, on a GPU. All work goes to the device's queue in call order. */
export class WebGPUKernels implements Kernels<Span, BufferRange> {
  readonly name = 'webgpu';
  readonly contract = 1;
  readonly capabilities: Capabilities;
  readonly launcher: Launcher;
  readonly #ground: Ground;
  readonly #memory: Memory;
  readonly #copier: Copier;
  readonly #readback: Readback;

  constructor(ground: Ground) {
    const { device, faults, pipelines, rounding, ScheduledPlan } = ground;
    const { contraction, subnormals, isGuarded } = rounding;
    this.capabilities = { dtypes: ['float32'], contraction, subnormals, hostVisible: false, threads: 1 };
    this.#ground = ground;
    this.#memory = new Memory(device, faults);
    this.#copier = new Copier(device);
    this.#readback = new Readback(device, faults);
    const { maxStorageBufferBindingSize } = device.limits;
    const windowSize = maxStorageBufferBindingSize - (maxStorageBufferBindingSize % 256);
    const freshen = (span: Span): void => this.#freshen(span);
    const workshop = { device, pipelines, isGuarded, windowSize, ScheduledPlan, freshen };
    this.launcher = new Launcher(workshop, faults);
  }

  allocate(_dtype: RealDType, length: number): Span {
    this.#ground.faults.checkDevice();
    return this.#memory.allocate(length);
  }

  write(span: Span, values: RealArray): void {
    this.#readback.flush();
    const { device, faults } = this.#ground;
    // Only float32 is declared, and core hands over what is declared.
    const reals = values as Float32Array<ArrayBuffer>;
    faults.watch('Writing', () => device.queue.writeBuffer(span.buffer, span.offset, reals));
    span.isStale = false;
  }

  async read(span: Span): Promise<Float32Array> {
    this.#ground.faults.checkDevice();
    this.#freshen(span);
    return this.#readback.read(span);
  }

  copy(source: Span, target: Span): void {
    this.#readback.flush();
    this.#freshen(source);
    this.#ground.faults.watch('Copying', () => this.#copier.copy(source, target));
    target.isStale = false;
  }

  free(span: Span): void {
    this.#readback.flush();
    this.launcher.forget(span);
    this.#memory.free(span);
  }

  step(batch: StepBatch<Span>): void {
    this.#readback.flush();
    this.launcher.launch(batch);
  }

  stepScheduled(batch: ScheduledBatch<Span>): void {
    this.#readback.flush();
    this.launcher.launch(batch);
  }

  wrap(source: BufferRange): Wrapped<Span> {
    this.#ground.faults.checkDevice();
    return wrap(source);
  }

  async synchronize(): Promise<void> {
    await this.#ground.faults.report();
  }

  async close(): Promise<void> {
    const { device, faults, isOwned } = this.#ground;
    await this.#readback.close();
    await faults.settled();
    this.launcher.close();
    this.#copier.close();
    this.#memory.close();
    if (isOwned) {
      device.destroy();
      await device.lost;
    }
  }

  /** Makes the memory of an earlier tensor the zeros that this one's is to begin with. */
  #freshen(span: Span): void {
    if (!span.isStale) return;
    this.#ground.faults.watch('Clearing', () => this.#copier.clear(span));
    span.isStale = false;
  }
}
