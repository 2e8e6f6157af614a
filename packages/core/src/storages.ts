import type { RealDType } from './dtype.ts';
import { OutOfMemoryError } from './errors.ts';
import type { Kernels } from './kernels.ts';

const widths = { float32: 4, float64: 8 } as const;

/**
 * The least growth, in bytes, after which the garbage collector is asked to look for forgotten owners: little beside
 * what any backend has, and as much as V8 lets array buffers grow between two collections.
 */
const leastGrowth = 64 << 20;

/** More bytes than a process can address. V8 collects all that it can before it says so. */
const impossible = 2 ** 46;

/** Storage that is to be freed. */
interface Lease {
  readonly storages: Storages;
  readonly storage: unknown;
  /** In bytes. */
  readonly size: number;
}

/**
 * The storages of a backend. Each has an owner, such as a tensor's memory or an average: when the garbage collector
 * finds that an owner was forgotten, its storage is freed. Kernels without `free` have storages that are garbage
 * themselves then, and cost nothing here.
 */
export class Storages {
  /** One for all backends: V8 sees to one registry in a task, and a program may have closed thousands of backends. */
  static readonly #forgotten = new FinalizationRegistry<Lease>((lease) => lease.storages.#reclaim(lease));
  readonly #kernels: Kernels<unknown, unknown, unknown>;
  readonly #leases = new Map<unknown, Lease>();
  /** Bytes in storages that are not freed. */
  #used = 0;
  /** Where they set off the next collection. */
  #limit = leastGrowth;
  /** How often the collector was asked since it last found anything. */
  #fruitless = 0;
  /** Whether owners may have been found since the event loop had its last turn. */
  #awaitsTurn = false;

  constructor(kernels: Kernels<unknown, unknown, unknown>) {
    this.#kernels = kernels;
  }

  /**
   * Zero-filled storage of `length` reals.
   * @param owner who keeps it from being freed by being reachable
   * @throws OutOfMemoryError
   */
  allocate(owner: object, dtype: RealDType, length: number): unknown {
    const size = length * widths[dtype];
    // Beyond, numbers are not exact, and what a backend makes of them may be anything.
    if (!Number.isSafeInteger(size)) {
      throw new OutOfMemoryError(
        `Could not allocate about ${length} ${dtype} values: no machine has so much memory.`,
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

  /** Gives back what `allocate` gave. A closed backend has freed it already. */
  free(storage: unknown): void {
    const lease = this.#leases.get(storage);
    if (!lease) return;
    Storages.#forgotten.unregister(lease);
    this.#release(lease);
  }

  /** After it nothing is freed any more: the backend has done it. */
  close(): void {
    for (const lease of this.#leases.values()) Storages.#forgotten.unregister(lease);
    this.#leases.clear();
  }

  /**
   * Lets the event loop have a turn if the collector was urged: what it finds, it tells in a task of its own, and a loop
   * that awaits nothing but promises that are kept already would never let it.
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
   * The collector knows nothing of memory outside of JavaScript's, but it counts array buffers. This one is garbage at
   * once; as nobody writes into it, it takes up addresses and no memory. V8 weighs that against all that is there, and
   * may not care, or collect too slowly on a busy machine: after the 4th, 8th, 16th … time without an effect it must.
   */
  #urgeCollector(): void {
    this.#limit = limitAfter(this.#used);
    this.#awaitsTurn = true;
    this.#fruitless++;
    const isPatient = this.#fruitless < 4 || !Number.isInteger(Math.log2(this.#fruitless));
    try {
      void new ArrayBuffer(isPatient ? leastGrowth : impossible);
    } catch {
      // Where there is no room for it, the collector has run.
    }
  }

  #reclaim(lease: Lease): void {
    this.#fruitless = 0;
    try {
      this.#release(lease);
    } catch {
      // Nobody has called, so nobody can be told; a backend in trouble tells at the next call.
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
  'Tensors that were forgotten rather than disposed of may be among what is in use: the garbage collector frees them, ' +
  'but only while the program waits for the event loop. Call dispose() on tensors that are no longer needed or, ' +
  'better, keep one tensor for the gradient and give it new values by parameter.grad.write(values).';
