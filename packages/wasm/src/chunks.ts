// How threads share one update: its line of bytes is cut into chunks, and whoever is free takes the next. A thread that
// wakes late, or not at all, only leaves more to the others.

import type { Run } from './module.ts';

/**
 * What threads tell each other: 32-bit words in the shared memory, each on a cache line of its own, so that writing
 * one does not slow down reading another.
 */
const LINE_WORDS = 16;

/** Counts the updates: a change wakes the workers. */
export const TICKET = 0;
/** Chunks not yet taken. Taking one decrements it; 0 or less means that none was left. */
export const LEFT: number = LINE_WORDS;
/** Chunks not yet done. */
export const PENDING: number = 2 * LINE_WORDS;
/** The job, four words: valid for whoever has taken a chunk of it. */
const JOB = 3 * LINE_WORDS;
/** One line for each worker: whether it is awake. */
export function awakeWord(worker: number): number {
  return (4 + worker) * LINE_WORDS;
}

export function controlBytes(workers: number): number {
  return awakeWord(workers) * 4;
}

/**
 * 64 KiB of parameters take some 3 µs: many times what taking a chunk costs, and short enough that threads that started
 * apart end together.
 */
export const CHUNK_BYTES = 65_536;

/** Long lines are cut into fewer and larger chunks: an end that is a thousandth apart does not matter. */
const MOST_CHUNKS = 1024;

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
export function publish(words: Int32Array, { table, bytes, count }: Job): void {
  const chunk = Math.ceil(bytes / count / 64) * 64;
  words.set([table, bytes, chunk, count], JOB);
  Atomics.store(words, PENDING, count);
  Atomics.store(words, LEFT, count);
}

/** Takes chunks and does them until none is left; what share of the whole it was. */
export function work(words: Int32Array, run: Run): number {
  for (let done = 0; ; done++) {
    const left = Atomics.sub(words, LEFT, 1);
    if (left <= 0) return done / Math.max(1, wordAt(words, JOB + 3));
    // Read only now: before a chunk was taken, the job could have been the last one or the next.
    const chunk = wordAt(words, JOB + 2);
    const from = (wordAt(words, JOB + 3) - left) * chunk;
    run(wordAt(words, JOB), from, Math.min(from + chunk, wordAt(words, JOB + 1)));
    if (Atomics.sub(words, PENDING, 1) === 1) Atomics.notify(words, PENDING);
  }
}

function wordAt(words: Int32Array, index: number): number {
  return (words[index] ?? 0) >>> 0;
}
