import { ClosedError } from '@asgd/core';
import type {
  Capabilities,
  HostScalars,
  Kernels,
  RealArray,
  RealDType,
  StepBatch,
  Wrapped,
} from '@asgd/core';
import type { Engine } from './engine.ts';
import type { Storage } from './memory.ts';
import { makePlan, type Plan } from './plan.ts';

/** The contract of @asgd/core, kept by an engine. Everything is done when its call returns. */
export class WasmKernels implements Kernels<Storage, RealArray, Plan> {
  readonly name = 'wasm';
  readonly contract = 1;
  readonly capabilities: Capabilities;
  /** Dropped by `close`, so that the memory goes even while somebody holds the backend. */
  #engine: Engine | undefined;

  constructor(engine: Engine) {
    this.#engine = engine;
    this.capabilities = {
      dtypes: ['float32', 'float64'],
      contraction: 'never',
      subnormals: 'keep',
      hostVisible: true,
      threads: 1 + (engine.crew?.size ?? 0),
    };
  }

  allocate(dtype: RealDType, length: number): Storage {
    return this.#open.tensors.allocate(dtype, length);
  }

  write(storage: Storage, values: RealArray): void {
    this.view(storage).set(values);
  }

  read(storage: Storage): RealArray {
    this.#open.crew?.reportLoss('harmful');
    return this.view(storage).slice();
  }

  copy(source: Storage, target: Storage): void {
    this.view(target).set(this.view(source));
  }

  free(storage: Storage): void {
    this.#open.tensors.free(storage);
  }

  prepare(batch: StepBatch<Storage>): Plan {
    return makePlan(batch);
  }

  step(plan: Plan, scalars: HostScalars): void {
    const { crew, update } = this.#open;
    crew?.reportLoss('always');
    update(plan, scalars);
  }

  /** A plan is outside of the memory, and goes with whoever holds it. */
  release(): void {}

  view(storage: Storage): RealArray {
    return this.#open.tensors.view(storage);
  }

  wrap(source: RealArray, dtype: RealDType | undefined): Wrapped<Storage> {
    return this.#open.tensors.wrap(source, dtype);
  }

  async synchronize(): Promise<void> {
    this.#open.crew?.reportLoss('always');
  }

  async close(): Promise<void> {
    const { crew, heap } = this.#open;
    this.#engine = undefined;
    await crew?.close();
    heap.close();
  }

  get #open(): Engine {
    if (!this.#engine) throw new ClosedError(`Backend 'wasm' is closed: open another.`);
    return this.#engine;
  }
}
