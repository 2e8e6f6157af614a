// How threads share one update: its line of bytes is cut into chunks, and each thread has a row of them of its own, the
// same one in every step, so that what a processor has in its caches is what it needs again. Who is done with their own
// takes chunks from the others: a thread that wakes late, or not at all, only leaves more to them.

import type { Run } from './module.ts';

/**
 * What threads tell each other: 32-bit words in the shared memory, each on a cache line of its own, so that writing
 * one does not slow down reading another.
 */
const LINE_WORDS = 16;

/** Counts the updates: a change wakes the workers. */
export const TICKET = 0;
/** Chunks not yet reported as done. */
export const PENDING: number = LINE_WORDS;
/** The job, four words: valid for whoever has taken a chunk of it. */
const JOB = 2 * LINE_WORDS;
const TABLE = JOB;
const BYTES = JOB + 1;
const CHUNK = JOB + 2;
const COUNT = JOB + 3;

/** Chunks left in a thread's row. Taking one decrements it; 0 or less means that none was left. */
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
 * 64 KiB of parameters take some 3 µs: many times what taking a chunk costs, and short enough that threads that started
 * apart end together.
 */
export const CHUNK_BYTES = 65_536;

/** Long lines are cut into fewer and larger chunks: an end that is a hundredth apart does not matter. */
const MOST_CHUNKS = 128;

/** How many chunks a line is cut into. */
export function countChunks(bytes: number, chunkBytes: number): number {
  return Math.min(MOST_CHUNKS, Math.ceil(bytes / chunkBytes));
}

export interface Job {
  readonly table: number;
  /** How long its line is. */
  readonly bytes: number;
  /** How many chunks the line is cut into. */
  readonly count: number;
}

/** Publishes a job: from the last line on, chunks can be taken. */
export function publish(words: Int32Array, threads: number, { table, bytes, count }: Job): void {
  const chunk = Math.ceil(bytes / count / 64) * 64;
  words.set([table, bytes, chunk, count], JOB);
  Atomics.store(words, PENDING, count);
  for (let thread = 0; thread < threads; thread++) {
    const left = rowStart(count, threads, thread + 1) - rowStart(count, threads, thread);
    Atomics.store(words, leftWord(thread), left);
  }
}

/** Takes chunks, `thread`'s own first, and does them until none is left; what share of the whole it was. */
export function work(words: Int32Array, threads: number, thread: number, run: Run): number {
  let done = 0;
  for (let turn = 0; turn < threads; turn++) {
    const count = workRow(words, threads, (thread + turn) % threads, run);
    done += count;
    if (count > 0 && Atomics.sub(words, PENDING, count) === count) Atomics.notify(words, PENDING);
  }
  return done / Math.max(1, wordAt(words, COUNT));
}

/** Does what is left of a row; how many chunks that were. */
function workRow(words: Int32Array, threads: number, row: number, run: Run): number {
  for (let done = 0; ; done++) {
    const left = Atomics.sub(words, leftWord(row), 1);
    if (left <= 0) return done;
    // Read only now: before a chunk was taken, the job could have been the last one or the next.
    const chunk = wordAt(words, CHUNK);
    const from = (rowStart(wordAt(words, COUNT), threads, row + 1) - left) * chunk;
    run(wordAt(words, TABLE), from, Math.min(from + chunk, wordAt(words, BYTES)));
  }
}

/** The first chunk of a thread's row. */
function rowStart(count: number, threads: number, thread: number): number {
  return Math.floor((count * thread) / threads);
}

function wordAt(words: Int32Array, index: number): number {
  return (words[index] ?? 0) >>> 0;
}
