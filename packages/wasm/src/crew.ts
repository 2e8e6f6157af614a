import { DeviceLostError } from '@asgd/core';
import { awakeWord, countChunks, PENDING, publish, TICKET, work } from './chunks.ts';
import type { Run } from './module.ts';
import { spawn, type Thread } from './spawn.ts';

/** Between fewer chunks there is nothing to share. */
const FEWEST_CHUNKS = 2;

/**
 * A sleeping worker takes some 20 to 50 µs to be at work, and waking it costs the one that wakes it up to half of that:
 * with less than 1 MiB of parameters it comes too late.
 */
const CHUNKS_WORTH_WAKING = 16;

/** How long the main thread looks before it sleeps: the last chunks of the others end with its own. */
const SPIN_MS = 0.05;

/**
 * On a busy machine a worker may have to share a processor with the main thread, and is then no help: the main thread
 * waits for it for this part of a step, or finds that it has done less than half of its own share. After such a step
 * the workers are left out of one, and of twice as many if it happens again, up to so many.
 */
const CROWDED = 0.4;
const LONGEST_PAUSE = 31;

/**
 * When no chunk has been finished for so long, the workers at it are dead. A chunk takes microseconds, milliseconds at
 * the very most; what remains is a machine so busy, or so short of memory, that a thread waits its turn for long.
 */
const PATIENCE_MS = 5000;

/** How often a sleeping main thread looks whether anything has moved. */
const NAP_MS = 50;

export interface CrewPlan {
  readonly module: WebAssembly.Module;
  /** Shared. */
  readonly memory: WebAssembly.Memory;
  /** Where `controlBytes(threads)` bytes are for the crew. */
  readonly control: number;
  /** The one that calls included. */
  readonly threads: number;
  readonly run: Run;
  /** What one thread takes at a time. */
  readonly chunkBytes: number;
}

interface Loss {
  readonly message: string;
  /** Whether some elements may lack an update. */
  readonly isHarmful: boolean;
}

/** Worker threads that share the updates with the thread that calls. */
export class Crew {
  readonly #workers = new Map<number, Thread>();
  readonly #words: Int32Array;
  readonly #run: Run;
  readonly #threads: number;
  readonly #chunkBytes: number;
  readonly #maySleep: boolean;
  #loss: Loss | undefined;
  /** Steps that the workers are left out of after a crowded one, and how many of them are still to come. */
  #pause = 0;
  #paused = 0;
  #isClosing = false;

  private constructor({ memory, control, threads, run, chunkBytes }: CrewPlan) {
    this.#words = new Int32Array(memory.buffer, control);
    this.#threads = threads;
    this.#run = run;
    this.#chunkBytes = chunkBytes;
    this.#maySleep = maySleep(this.#words);
  }

  /** Starts the workers: as many as there may be, none where workers are refused. */
  static async muster(plan: CrewPlan): Promise<Crew> {
    const crew = new Crew(plan);
    const { module, memory, control, threads } = plan;
    const starts = Array.from({ length: threads - 1 }, async (_, index) => {
      const thread = index + 1; // 0 is the one that calls
      const assignment = { module, memory, control, threads, thread };
      crew.#workers.set(thread, await spawn(assignment, () => crew.#onEnd(thread)));
    });
    await Promise.allSettled(starts);
    return crew;
  }

  /** Live workers. */
  get size(): number {
    return this.#workers.size;
  }

  /** Throws, once, if a worker has died since the last call: always, or only if values may be wrong. */
  reportLoss(when: 'always' | 'harmful'): void {
    const loss = this.#loss;
    if (!loss || (when === 'harmful' && !loss.isHarmful)) return;
    this.#loss = undefined;
    throw new DeviceLostError(`${loss.message} Later steps run on ${this.size + 1} threads.`);
  }

  /** Updates the line of `bytes` bytes that the table describes; returns when it is done. */
  update(table: number, bytes: number): void {
    const words = this.#words;
    const count = countChunks(bytes, this.#chunkBytes);
    const awake = this.#countAwake();
    const isWorthWaking = count >= CHUNKS_WORTH_WAKING && awake < this.size;
    if (count < FEWEST_CHUNKS || (awake === 0 && !isWorthWaking) || this.#paused > 0) {
      this.#paused = Math.max(0, this.#paused - 1);
      this.#run(table, 0, bytes);
      return;
    }
    const start = performance.now();
    publish(words, this.#threads, { table, bytes, count });
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

  /** @param share the main thread's, of the work; @param waiting its part of the time */
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

  /** Dismisses the workers that hold unfinished chunks. Those without one have long gone to sleep. */
  #giveUp(pending: number, count: number): void {
    const stuck = [...this.#workers].filter(([index]) => Atomics.load(this.#words, awakeWord(index)) === 1);
    for (const [index, thread] of stuck) {
      this.#workers.delete(index);
      void thread.end();
    }
    const message =
      `${stuck.length} worker threads died in the middle of the last step: ${pending} of its ${count} parts may lack ` +
      `that update. If that matters, restore parameters and optimizer from a checkpoint.`;
    this.#loss = { message, isHarmful: true };
  }

  #onEnd(thread: number): void {
    if (this.#isClosing || !this.#workers.delete(thread)) return;
    const message =
      'A worker thread died between two steps: no value is lost, and this call did nothing. Repeat it.';
    this.#loss ??= { message, isHarmful: false };
  }
}

/** The main thread of a page may not sleep: it spins. */
function maySleep(words: Int32Array): boolean {
  try {
    Atomics.wait(words, PENDING, -1, 0);
    return true;
  } catch {
    return false;
  }
}
