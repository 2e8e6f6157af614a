import { ClosedError, OutOfMemoryError } from '@asgd/core';
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
import { packageId } from './package.ts';
import { makePlan, type Plan } from './plan.ts';

/** The kernels that `@asgd/core` calls, on an engine. All work is done when the call returns. */
export class WasmKernels implements Kernels<Storage, RealArray, Plan> {
  readonly name = 'wasm';
  readonly contract = 1;
  readonly package: string | undefined = packageId;
  readonly capabilities: Capabilities;
  /** `close` drops it, so that the memory can be collected even while the backend is still referenced. */
  #engine: Engine | undefined;

  constructor(engine: Engine) {
    this.#engine = engine;
    this.capabilities = {
      dtypes: ['float32', 'float64'],
      contraction: 'never',
      subnormals: 'keep',
      hostVisible: true,
      threads: 1 + (engine.pool?.size ?? 0),
      ...(engine.threadsReason !== undefined && { threadsReason: engine.threadsReason }),
    };
  }

  allocate(dtype: RealDType, length: number): Storage {
    return this.#open.tensors.allocate(dtype, length);
  }

  write(storage: Storage, values: RealArray): void {
    this.view(storage).set(values);
  }

  read(storage: Storage): RealArray {
    this.#open.pool?.reportLoss('harmful');
    const view = this.view(storage);
    try {
      return view.slice();
    } catch (cause) {
      throw new OutOfMemoryError(
        `There is no memory left for a copy of ${view.length} values (${view.byteLength} bytes): dispose of some tensors, ` +
          `or look at the values in place with view().`,
        { cause },
      );
    }
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
    const { pool, update } = this.#open;
    pool?.reportLoss('always');
    update(plan, scalars);
  }

  /** A plan takes no room in the memory: the garbage collector frees it. */
  release(): void {}

  view(storage: Storage): RealArray {
    return this.#open.tensors.view(storage);
  }

  wrap(source: RealArray, dtype: RealDType | undefined): Wrapped<Storage> {
    return this.#open.tensors.wrap(source, dtype);
  }

  async synchronize(): Promise<void> {
    this.#open.pool?.reportLoss('always');
  }

  async close(): Promise<void> {
    const { pool, heap } = this.#open;
    this.#engine = undefined;
    await pool?.close();
    heap.close();
  }

  get #open(): Engine {
    if (!this.#engine) throw new ClosedError(`Backend 'wasm' was used after close(): open another.`);
    return this.#engine;
  }
}
