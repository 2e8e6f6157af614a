import { DeviceLostError } from '@asgd/core';
import { awakeWord, countChunks, PENDING, publish, TICKET, work } from './work-queue.ts';
import type { Run } from './module.ts';
import { spawn, type Thread } from './spawn.ts';

/** One chunk cannot be shared. */
const FEWEST_CHUNKS = 2;

/**
 * A sleeping worker needs 20 to 50 µs to start working, and the thread that wakes it spends up to half of that time on
 * waking it. With less than 1 MiB of parameters the worker would come too late.
 */
const CHUNKS_WORTH_WAKING = 16;

/** How long the main thread spins before it sleeps. Mostly the others finish their last chunks in that time. */
const SPIN_MS = 0.05;

/**
 * On a busy machine a worker may share a core with the main thread, and then it does not help. A step was crowded if the
 * main thread waited for this part of it, or did less than half of its own share. The next step then runs without the
 * workers. Each time it happens again, about twice as many steps do, up to `LONGEST_PAUSE`.
 */
const CROWDED = 0.4;
const LONGEST_PAUSE = 31;

/**
 * If no chunk is finished for this long, the workers that hold the rest are taken for dead. A chunk takes microseconds,
 * or milliseconds at most. The margin is for a machine that is so busy, or so short of memory, that threads have to wait.
 */
const PATIENCE_MS = 5000;

/** How long the main thread sleeps before it checks for progress again. */
const NAP_MS = 50;

export interface WorkerPoolOptions {
  readonly module: WebAssembly.Module;
  /** Shared. */
  readonly memory: WebAssembly.Memory;
  /** The address of `controlBytes(threads)` bytes for the pool's own words. */
  readonly control: number;
  /** Including the thread that calls. */
  readonly threads: number;
  readonly run: Run;
  /** The size of a chunk. */
  readonly chunkBytes: number;
}

interface Loss {
  readonly message: string;
  /** Whether some elements may have missed an update. */
  readonly isHarmful: boolean;
}

/** Worker threads that share the updates with the thread that calls. */
export class WorkerPool {
  readonly #workers = new Map<number, Thread>();
  readonly #words: Int32Array;
  readonly #run: Run;
  readonly #threads: number;
  readonly #chunkBytes: number;
  readonly #maySleep: boolean;
  #loss: Loss | undefined;
  /** How many steps the workers are left out of after a crowded one, and how many of those are still to come. */
  #pause = 0;
  #paused = 0;
  #isClosing = false;
  /** What kept workers from starting. */
  refusal: string | undefined;

  private constructor({ memory, control, threads, run, chunkBytes }: WorkerPoolOptions) {
    this.#words = new Int32Array(memory.buffer, control);
    this.#threads = threads;
    this.#run = run;
    this.#chunkBytes = chunkBytes;
    this.#maySleep = maySleep(this.#words);
  }

  /** Starts the workers. The pool has fewer, or none, where the runtime refuses them. */
  static async start(options: WorkerPoolOptions): Promise<WorkerPool> {
    const pool = new WorkerPool(options);
    const { module, memory, control, threads } = options;
    const starts = Array.from({ length: threads - 1 }, async (_, index) => {
      const thread = index + 1; // 0 is the calling thread
      const assignment = { module, memory, control, threads, thread };
      pool.#workers.set(thread, await spawn(assignment, () => pool.#onEnd(thread)));
    });
    const failed = (await Promise.allSettled(starts)).find(({ status }) => status === 'rejected');
    if (failed) pool.refusal = explain((failed as PromiseRejectedResult).reason);
    return pool;
  }

  /** Live workers. */
  get size(): number {
    return this.#workers.size;
  }

  /** Throws once for a worker that has died: `'always'`, or only if values may be wrong as a result. */
  reportLoss(when: 'always' | 'harmful'): void {
    const loss = this.#loss;
    if (!loss || (when === 'harmful' && !loss.isHarmful)) return;
    this.#loss = undefined;
    const threads = this.size + 1;
    throw new DeviceLostError(
      `${loss.message} Later steps run on ${threads} ${threads === 1 ? 'thread' : 'threads'}.`,
    );
  }

  /** Updates the line of `bytes` bytes that is described at the address `batch`. Returns when that is done. */
  update(batch: number, bytes: number): void {
    const words = this.#words;
    const count = countChunks(bytes, this.#chunkBytes);
    const awake = this.#countAwake();
    const isWorthWaking = count >= CHUNKS_WORTH_WAKING && awake < this.size;
    if (count < FEWEST_CHUNKS || (awake === 0 && !isWorthWaking) || this.#paused > 0) {
      this.#paused = Math.max(0, this.#paused - 1);
      this.#run(batch, 0, bytes);
      return;
    }
    const start = performance.now();
    publish(words, this.#threads, { batch, bytes, count });
    Atomics.add(words, TICKET, 1);
    if (isWorthWaking) Atomics.notify(words, TICKET, count - 1);
    const share = work(words, this.#threads, 0, this.#run);
    const worked = performance.now();
    this.#awaitOthers(count);
    const end = performance.now();
    if (count >= CHUNKS_WORTH_WAKING) this.#adapt(share, (end - worked) / (end - start));
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    await Promise.all([...this.#workers.values()].map((thread) => thread.end()));
    this.#workers.clear();
  }

  /** @param share the main thread's share of the chunks; @param waiting the part of its time that it waited */
  #adapt(share: number, waiting: number): void {
    const isCrowded = waiting > CROWDED || share < 0.5 / (this.size + 1);
    this.#pause = isCrowded ? Math.min(2 * this.#pause + 1, LONGEST_PAUSE) : 0;
    this.#paused = this.#pause;
  }

  #countAwake(): number {
    let awake = 0;
    for (const index of this.#workers.keys()) awake += Atomics.load(this.#words, awakeWord(index));
    return awake;
  }

  #awaitOthers(count: number): void {
    const words = this.#words;
    let pending = Atomics.load(words, PENDING);
    let since = performance.now();
    while (pending > 0) {
      const waited = performance.now() - since;
      if (waited > PATIENCE_MS) {
        this.#giveUp(pending, count);
        return;
      }
      if (waited > SPIN_MS && this.#maySleep) Atomics.wait(words, PENDING, pending, NAP_MS);
      const now = Atomics.load(words, PENDING);
      if (now === pending) continue;
      pending = now;
      since = performance.now();
    }
  }

  /** Ends the workers that hold unfinished chunks. The others have gone to sleep. */
  #giveUp(pending: number, count: number): void {
    const stuck = [...this.#workers].filter(([index]) => Atomics.load(this.#words, awakeWord(index)) === 1);
    for (const [index, thread] of stuck) {
      this.#workers.delete(index);
      void thread.end();
    }
    const message =
      `${stuck.length === 1 ? 'A worker thread' : `${stuck.length} worker threads`} died in the middle of the last step. ` +
      `${pending} of its ${count} parts may have missed the update: restore the parameters and the optimizer from a ` +
      `checkpoint if that matters.`;
    this.#loss = { message, isHarmful: true };
  }

  #onEnd(thread: number): void {
    if (this.#isClosing || !this.#workers.delete(thread)) return;
    const message =
      'A worker thread died between two steps. No value was lost, and this call changed nothing: repeat it.';
    this.#loss ??= { message, isHarmful: false };
  }
}

/** Some page policies stop a worker without an error: by an event that says nothing. */
function explain(reason: unknown): string {
  const message = reason instanceof Error ? reason.message : 'it ended at once.';
  const hint = " The page's policy must allow it: worker-src blob:, and asgd-wasm if it lists trusted-types.";
  return `A worker could not start: ${message}${typeof document === 'object' ? hint : ''}`;
}

/** Whether this thread may block. The main thread of a page may not, so it spins. */
function maySleep(words: Int32Array): boolean {
  try {
    Atomics.wait(words, PENDING, -1, 0);
    return true;
  } catch {
    return false;
  }
}
