// How threads share one update. Its line of bytes is cut into chunks, and each thread has a queue of chunks of its own,
// the same ones in every step, so that a core finds in its caches what it needs again. A thread that has finished its
// own chunks steals from the others, so a thread that wakes late, or not at all, does not hold up the step.

import type { Run } from './module.ts';

/**
 * The threads communicate through 32-bit words in the shared memory. Each word has a cache line of its own, so that
 * writing one does not slow down reading another.
 */
const LINE_WORDS = 16;

/** Counts the updates. Workers sleep until it changes. */
export const TICKET = 0;
/** Chunks that are not yet reported as done. */
export const PENDING: number = LINE_WORDS;
/** The job, four words. They are valid for a thread that has taken one of its chunks. */
const JOB = 2 * LINE_WORDS;
const BATCH = JOB;
const BYTES = JOB + 1;
const CHUNK = JOB + 2;
const COUNT = JOB + 3;

/** Counts the chunks left in a thread's queue. Taking one decrements it; 0 or less means that none was left. */
export function leftWord(thread: number): number {
  return (3 + 2 * thread) * LINE_WORDS;
}

/** Whether a thread is awake. */
export function awakeWord(thread: number): number {
  return (4 + 2 * thread) * LINE_WORDS;
}

export function controlBytes(threads: number): number {
  return leftWord(threads) * 4;
}

/**
 * Updating 64 KiB of parameters takes about 3 µs. That is many times the cost of taking a chunk, and short enough for
 * threads that started at different times to end together.
 */
export const CHUNK_BYTES = 65_536;

/** Long lines are cut into larger chunks: it does not matter when threads end a hundredth of a step apart. */
const MOST_CHUNKS = 128;

/** How many chunks a line is cut into. */
export function countChunks(bytes: number, chunkBytes: number): number {
  return Math.min(MOST_CHUNKS, Math.ceil(bytes / chunkBytes));
}

export interface Job {
  readonly batch: number;
  /** The length of its line. */
  readonly bytes: number;
  /** How many chunks the line is cut into. */
  readonly count: number;
}

/** Publishes a job. Threads can take chunks as soon as the counts of the queues are stored, which comes last. */
export function publish(words: Int32Array, threads: number, { batch, bytes, count }: Job): void {
  const chunk = Math.ceil(bytes / count / 64) * 64;
  words.set([batch, bytes, chunk, count], JOB);
  Atomics.store(words, PENDING, count);
  for (let thread = 0; thread < threads; thread++) {
    const left = queueStart(count, threads, thread + 1) - queueStart(count, threads, thread);
    Atomics.store(words, leftWord(thread), left);
  }
}

/** Does chunks, `thread`'s own first, until none is left. Returns its share of all chunks, from 0 to 1. */
export function work(words: Int32Array, threads: number, thread: number, run: Run): number {
  let done = 0;
  for (let turn = 0; turn < threads; turn++) {
    const count = workQueue(words, threads, (thread + turn) % threads, run);
    done += count;
    if (count > 0 && Atomics.sub(words, PENDING, count) === count) Atomics.notify(words, PENDING);
  }
  return done / Math.max(1, wordAt(words, COUNT));
}

/** Does the chunks that are left in a queue. Returns how many there were. */
function workQueue(words: Int32Array, threads: number, owner: number, run: Run): number {
  for (let done = 0; ; done++) {
    const left = Atomics.sub(words, leftWord(owner), 1);
    if (left <= 0) return done;
    // The job is read only now. Before a chunk is taken, the words may belong to the last job or the next.
    const chunk = wordAt(words, CHUNK);
    const from = (queueStart(wordAt(words, COUNT), threads, owner + 1) - left) * chunk;
    run(wordAt(words, BATCH), from, Math.min(from + chunk, wordAt(words, BYTES)));
  }
}

/** The first chunk in a thread's queue. */
function queueStart(count: number, threads: number, thread: number): number {
  return Math.floor((count * thread) / threads);
}

function wordAt(words: Int32Array, index: number): number {
  return (words[index] ?? 0) >>> 0;
}
