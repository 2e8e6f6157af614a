import type { RealDType } from './dtype.ts';
import { OutOfMemoryError } from './errors.ts';
import type { Kernels } from './kernels.ts';

const widths = { float32: 4, float64: 8 } as const;

/**
 * The least growth, in bytes, after which the garbage collector is urged to look for forgotten owners. It is little
 * compared with any backend's memory, and as much as V8 lets array buffers grow between two collections.
 */
const leastGrowth = 64 << 20;

/** More bytes than a process can address. V8 collects all that it can before it says so. */
const impossible = 2 ** 46;

/** Storage to free. */
interface Lease {
  readonly storages: Storages;
  readonly storage: unknown;
  /** In bytes. */
  readonly size: number;
}

/**
 * The storages of a backend. Each has an owner, such as a tensor's memory or an average. When the garbage collector
 * finds that an owner was forgotten, its storage is freed. The storages of kernels without `free` are
 * garbage-collected themselves, and cost nothing here.
 */
export class Storages {
  /** One for all backends: V8 handles one registry per task, and a program may have closed thousands of backends. */
  static readonly #forgotten = new FinalizationRegistry<Lease>((lease) => lease.storages.#reclaim(lease));
  readonly #kernels: Kernels<unknown, unknown, unknown>;
  readonly #leases = new Map<unknown, Lease>();
  /** Bytes in storages that are not freed. */
  #used = 0;
  /** How many bytes trigger the next collection. */
  #limit = leastGrowth;
  /** How often the collector was urged since it last found anything. */
  #fruitless = 0;
  /** Whether owners may have been found since the event loop had its last turn. */
  #awaitsTurn = false;

  constructor(kernels: Kernels<unknown, unknown, unknown>) {
    this.#kernels = kernels;
  }

  /**
   * Zero-filled storage of `length` reals.
   * @param owner keeps the storage from being freed, as long as it is reachable
   * @throws OutOfMemoryError
   */
  allocate(owner: object, dtype: RealDType, length: number): unknown {
    const size = length * widths[dtype];
    // Larger numbers are not exact, and a backend might make anything of them.
    if (!Number.isSafeInteger(size)) {
      throw new OutOfMemoryError(
        `Could not allocate about ${length} ${dtype} values: no machine has that much memory.`,
      );
    }
    const storage = this.#allocate(dtype, length, size);
    if (!this.#kernels.free) return storage;
    const lease = { storages: this, storage, size };
    this.#leases.set(storage, lease);
    Storages.#forgotten.register(owner, lease, lease);
    this.#used += size;
    if (this.#used >= this.#limit) this.#urgeCollector();
    return storage;
  }

  /** Frees what `allocate` returned. A closed backend has done so already. */
  free(storage: unknown): void {
    const lease = this.#leases.get(storage);
    if (!lease) return;
    Storages.#forgotten.unregister(lease);
    this.#release(lease);
  }

  /** Stops freeing anything, because the backend has freed everything. */
  close(): void {
    for (const lease of this.#leases.values()) Storages.#forgotten.unregister(lease);
    this.#leases.clear();
  }

  /**
   * Gives the event loop a turn if the collector was urged. The collector reports what it finds in a task of its own,
   * and a loop that awaits only settled promises would never let that run.
   */
  async giveTurn(): Promise<void> {
    if (!this.#awaitsTurn) return;
    this.#awaitsTurn = false;
    await new Promise<void>((resolve) => setTimeout(resolve));
  }

  #allocate(dtype: RealDType, length: number, size: number): unknown {
    try {
      return this.#kernels.allocate(dtype, length);
    } catch (error) {
      if (!(error instanceof OutOfMemoryError) || size > this.#used) throw error;
      throw new OutOfMemoryError(`${error.message}\n${advice}`, { cause: error });
    }
  }

  /**
   * The collector does not see memory outside of JavaScript, but it counts array buffers. This one is garbage at once.
   * Nobody writes to it, so it takes up addresses but no memory. V8 compares it with all other memory, and may not
   * react, or collect too slowly on a busy machine. So the 4th, 8th, 16th … attempt without an effect forces it.
   */
  #urgeCollector(): void {
    this.#limit = limitAfter(this.#used);
    this.#awaitsTurn = true;
    this.#fruitless++;
    const isPatient = this.#fruitless < 4 || !Number.isInteger(Math.log2(this.#fruitless));
    try {
      void new ArrayBuffer(isPatient ? leastGrowth : impossible);
    } catch {
      // If there is no room for it, the collector has run.
    }
  }

  #reclaim(lease: Lease): void {
    this.#fruitless = 0;
    try {
      this.#release(lease);
    } catch {
      // Nobody waits for this. A backend in trouble reports it at the next call.
    }
  }

  #release({ storage, size }: Lease): void {
    this.#leases.delete(storage);
    this.#used -= size;
    this.#limit = Math.min(this.#limit, limitAfter(this.#used));
    this.#kernels.free?.(storage);
  }
}

function limitAfter(used: number): number {
  return used + Math.max(leastGrowth, used / 8);
}

const advice =
  'Some of the memory may belong to tensors that were dropped without dispose(): the garbage collector frees them, ' +
  'but only while the program waits for the event loop. Call dispose() on tensors that you no longer need or, ' +
  'better, keep one tensor for the gradient and write new values with parameter.grad.write(values).';
