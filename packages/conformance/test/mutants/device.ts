import {
  type Backend,
  type Capabilities,
  defineBackend,
  type DeviceScalars,
  type Kernels,
  type RealArray,
  type StepBatch,
  type StepScalars,
} from '@asgd/core';
import { SmallKernels } from './kernels.ts';
import type { Range } from './memory.ts';
import { update } from './update.ts';

/** Faults of a schedule on a device, one at a time. */
export type DeviceFault =
  | 'eta-too-coarse'
  | 'mu-too-coarse'
  | 'mu-nearly-1'
  | 'average-always-blended'
  | 'steps-counted-in-float32'
  | 'steps-without-carry'
  | 'steps-in-two-digits'
  | 'steps-of-empty-tensors-not-counted'
  | 'counters-of-the-first-for-all'
  | 'lr-of-the-first-step-kept'
  | 'first-eta-as-stored'
  | 'lr-acts-at-once'
  | 'decay-from-rounded-product';

/** A device: the host sees none of its memory, and the schedule is computed there, in float32. */
export function deviceBackend(fault?: DeviceFault, declared: Partial<Capabilities> = {}): Backend {
  return defineBackend(new DeviceKernels(fault, declared));
}

const radix = 2 ** 22;

class DeviceKernels implements Kernels<Range> {
  readonly name = 'device';
  readonly contract = 1;
  readonly capabilities: Capabilities;
  readonly #fault: DeviceFault | undefined;
  readonly #memory = new SmallKernels();
  readonly #lrs = new Map<Range, number>();
  #first: Range | undefined;

  constructor(fault: DeviceFault | undefined, declared: Partial<Capabilities>) {
    this.#fault = fault;
    this.capabilities = { ...this.#memory.capabilities, hostVisible: false, schedules: true, ...declared };
  }

  allocate(dtype: Range['dtype'], length: number): Range {
    return this.#memory.allocate(dtype, length);
  }

  free(range: Range): void {
    this.#memory.free(range);
  }

  write(range: Range, values: RealArray): void {
    this.#memory.write(range, values);
  }

  async read(range: Range): Promise<RealArray> {
    return this.#memory.read(range);
  }

  copy(source: Range, target: Range): void {
    this.#memory.copy(source, target);
  }

  prepare(batch: StepBatch<Range>): StepBatch<Range> {
    return batch;
  }

  step(batch: StepBatch<Range>, scalars: StepScalars<Range>): void {
    if (scalars.on === 'host') {
      this.#memory.step(batch, scalars);
      return;
    }
    const lr = this.#learningRate(scalars);
    const first = (this.#first ??= scalars.counters);
    const counters = this.#fault === 'counters-of-the-first-for-all' ? first : scalars.counters;
    this.#update(batch, { ...scalars, counters }, lr);
    if (batch.items.length === 0 && this.#fault === 'steps-of-empty-tensors-not-counted') return;
    this.#advance(scalars, lr);
  }

  release(): void {}

  async synchronize(): Promise<void> {}

  async close(): Promise<void> {}

  #learningRate({ lr }: DeviceScalars<Range>): number {
    if (typeof lr === 'number') return lr;
    const [value = NaN] = this.#memory.view(lr);
    const kept = this.#lrs.get(lr) ?? value;
    this.#lrs.set(lr, kept);
    return this.#fault === 'lr-of-the-first-step-kept' ? kept : value;
  }

  #update({ dtype, items }: StepBatch<Range>, scalars: DeviceScalars<Range>, lr: number): void {
    const { counters, lambd, weightDecay, sign } = scalars;
    const [low = 0, middle = 0, high = 0, stored = 0, mu = 0] = this.#memory.view(counters);
    const isFirst = low + middle + high === 0 && this.#fault !== 'first-eta-as-stored';
    const eta = isFirst || this.#fault === 'lr-acts-at-once' ? Math.fround(lr) : stored;
    const product = this.#fault === 'decay-from-rounded-product' ? Math.fround(lambd * eta) : lambd * eta;
    const decay = dtype === 'float32' ? Math.fround(1 - product) : 1 - product;
    const averaging = mu === 1 && this.#fault !== 'average-always-blended' ? 'copy' : 'blend';
    for (const { parameter, gradient, average, length } of items) {
      const operands = {
        parameter: this.#memory.view(parameter),
        gradient: this.#memory.view(gradient),
        average: average && this.#memory.view(average),
      };
      update(operands, { dtype, weightDecay, sign, length, averaging, decay, eta, mu });
    }
  }

  #advance({ counters, lambd, alpha, t0 }: DeviceScalars<Range>, lr: number): void {
    const view = this.#memory.view(counters);
    const step = this.#count(view);
    const rest = Math.floor(step / radix);
    const eta = Math.fround(lr / (1 + lambd * lr * step) ** alpha);
    const mu = Math.fround(1 / Math.max(1, step - t0));
    // As far from the host's as allowed, or further.
    const etaUlps = this.#fault === 'eta-too-coarse' ? 5 : 4;
    const muUlps = this.#fault === 'mu-too-coarse' ? 2 : 1;
    const isFlat = mu === 1 && this.#fault !== 'mu-nearly-1';
    view.set([
      step % radix,
      rest % radix,
      Math.floor(rest / radix),
      lr === 0 ? eta : moved(eta, -etaUlps),
      isFlat ? mu : moved(mu, -muUlps),
    ]);
  }

  #count([low = 0, middle = 0, high = 0]: RealArray): number {
    const rest = (high * radix + middle) * radix;
    switch (this.#fault) {
      case 'steps-counted-in-float32':
        return Math.fround(Math.fround(rest + low) + 1);
      case 'steps-in-two-digits':
        return (rest % radix ** 2) + low + 1;
      case 'steps-without-carry':
        return rest + ((low + 1) % radix);
      default:
        return rest + low + 1;
    }
  }
}

/** The float32 number that is `ulps` numbers further. */
function moved(value: number, ulps: number): number {
  const bits = new Int32Array(Float32Array.of(value).buffer);
  bits[0] = (bits[0] ?? 0) + ulps;
  return new Float32Array(bits.buffer)[0] ?? NaN;
}
