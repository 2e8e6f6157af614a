import {
  type Backend,
  defineBackend,
  type Kernels,
  OutOfMemoryError,
  type RealArray,
  type ScheduledBatch,
} from '@asgd/core';

export interface Call {
  readonly dtype: string;
  readonly weightDecay: number;
  readonly maximize: boolean;
  readonly items: readonly {
    readonly length: number;
    readonly averaging: string;
    readonly hasAverage: boolean;
    readonly decay: number;
    readonly eta: number;
    readonly mu: number;
  }[];
}

/** Kernels that compute nothing, remember what they were asked, and can be made to fail. */
export class Recorder {
  readonly calls: Call[] = [];
  /** As `calls`, with the storages as they were, of `stepScheduled`. */
  readonly scheduled: ScheduledBatch<RealArray>[] = [];
  /** Storages allocated and not yet freed. */
  readonly live: Set<RealArray> = new Set<RealArray>();
  /** Reals that may be allocated before memory is out. */
  room: number = Infinity;
  /** Thrown by the next launch. */
  failure: Error | undefined;
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
      step: ({ dtype, weightDecay, maximize, items }) => {
        if (this.failure) throw this.failure;
        this.calls.push({
          dtype,
          weightDecay,
          maximize,
          items: items.map(({ length, averaging, average, decay, eta, mu }) => ({
            length,
            averaging,
            hasAverage: average !== null,
            decay,
            eta,
            mu,
          })),
        });
      },
      ...(hostVisible ? { view: (storage: RealArray) => storage } : {}),
      ...(scheduled ? { stepScheduled: (batch: ScheduledBatch<RealArray>) => this.#schedule(batch) } : {}),
      synchronize: async () => {},
      close: async () => {
        this.closed += 1;
      },
    };
    this.backend = defineBackend(this.kernels);
  }

  #schedule(batch: ScheduledBatch<RealArray>): void {
    if (this.failure) throw this.failure;
    this.scheduled.push(structuredClone(batch));
  }
}
