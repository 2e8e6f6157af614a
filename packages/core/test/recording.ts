import {
  type Averaging,
  type Backend,
  defineBackend,
  type DeviceScalars,
  type HostScalars,
  type Kernels,
  OutOfMemoryError,
  type RealArray,
  type StepBatch,
} from '@asgd/core';

export interface Call {
  readonly dtype: string;
  readonly averaging: Averaging;
  readonly items: readonly { readonly length: number; readonly hasAverage: boolean }[];
  readonly scalars: HostScalars;
}

/** Like {@link Call}, for scalars on the device, with the storages as they were. */
export interface DeviceCall {
  readonly batch: StepBatch<RealArray>;
  readonly scalars: DeviceScalars<RealArray>;
}

/** Kernels that compute nothing, remember their calls, and can be made to fail. */
export class Recorder {
  readonly calls: Call[] = [];
  readonly deviceCalls: DeviceCall[] = [];
  /** Plans prepared and not yet released. */
  readonly plans: Set<StepBatch<RealArray>> = new Set<StepBatch<RealArray>>();
  /** Storages allocated and not yet freed. */
  readonly live: Set<RealArray> = new Set<RealArray>();
  /** How many reals may be allocated before memory runs out. */
  room: number = Infinity;
  /** Thrown by the next launches. */
  failure: Error | undefined;
  /** Thrown when a plan is made. */
  refusal: Error | undefined;
  closed = 0;
  readonly kernels: Kernels<RealArray, RealArray>;
  readonly backend: Backend<RealArray>;

  constructor(
    name = 'recorder',
    { hostVisible = false, scheduled = false }: { hostVisible?: boolean; scheduled?: boolean } = {},
  ) {
    this.kernels = {
      name,
      contract: 1,
      capabilities: {
        dtypes: ['float32', 'float64'],
        contraction: 'never',
        subnormals: 'keep',
        hostVisible,
        threads: 1,
        schedules: scheduled,
      },
      allocate: (dtype, length) => {
        if (length > this.room) throw new OutOfMemoryError(`No room for ${length} reals.`);
        this.room -= length;
        const storage = dtype === 'float32' ? new Float32Array(length) : new Float64Array(length);
        this.live.add(storage);
        return storage;
      },
      write: (storage, values) => storage.set(values),
      read: (storage) => storage.slice(),
      copy: (source, target) => target.set(source),
      free: (storage) => {
        if (!this.live.delete(storage)) throw new Error('freed what is not live');
        this.room += storage.length;
      },
      prepare: (batch) => {
        if (this.refusal) throw this.refusal;
        const plan = { ...batch };
        this.plans.add(plan);
        return plan;
      },
      step: (plan, scalars) => {
        if (this.failure) throw this.failure;
        if (!this.plans.has(plan)) throw new Error('stepped a plan that is not live');
        if (scalars.on === 'device') {
          this.deviceCalls.push(structuredClone({ batch: plan, scalars }));
          return;
        }
        const { dtype, averaging, items } = plan;
        this.calls.push({
          dtype,
          averaging,
          items: items.map(({ length, average }) => ({ length, hasAverage: average !== null })),
          scalars: { ...scalars },
        });
      },
      release: (plan) => {
        if (!this.plans.delete(plan)) throw new Error('released a plan that is not live');
      },
      ...(hostVisible ? { view: (storage: RealArray) => storage } : {}),
      synchronize: async () => {},
      close: async () => {
        this.closed += 1;
      },
    };
    this.backend = defineBackend(this.kernels);
  }
}
