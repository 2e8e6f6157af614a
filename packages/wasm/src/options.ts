import { ArgumentError, describe } from '@asgd/core';
import type { HeapOptions } from './heap.ts';

/** A `WebAssembly.Memory`. TypeScript knows that name only in projects that ask for the DOM's types. */
export interface WasmMemory {
  /** Its bytes. Another buffer after it has grown, unless it is shared. */
  readonly buffer: ArrayBufferLike;
  /** Adds pages of 64 KiB, and returns how many there were. */
  grow(pages: number): number;
}

/** How many threads a backend has, and whose memory. */
export interface WasmOptions {
  /**
   * How many threads share a step, including the calling one. Default: one for each core, at most eight. There is only
   * one where the page is not cross-origin isolated, or where workers are refused. `backend.capabilities.threads` says
   * how many there are, and `threadsReason` why they are fewer.
   */
  readonly threads?: number;
  /** Another program's memory, whose parameters are trained in place: `wrap` views of it. Default: a memory of its own. */
  readonly memory?: WasmMemory;
  /**
   * Lets the backend allocate in `memory`: tensors, averages, and what its threads share. Without it, the backend runs
   * on one thread and writes only to the tensors that it updates.
   */
  readonly heap?: HeapOptions;
}

export interface Settings {
  readonly threads: number;
  readonly memory: WebAssembly.Memory | undefined;
  readonly heap: HeapOptions | undefined;
}

/** Memory is the bottleneck of a step, and a few cores use all of its bandwidth. */
const DEFAULT_MOST_THREADS = 8;

/** A larger number is taken for a mistake. */
const MOST_THREADS = 256;

/** @throws ArgumentError */
export function checkOptions(options: WasmOptions): Settings {
  if (typeof options !== 'object' || options === null) {
    throw new ArgumentError(
      `wasm() was given ${describe(options)}: expected options, such as { threads: 2 }.`,
    );
  }
  const { threads = defaultThreads(), memory, heap, ...others } = options;
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) {
    throw new ArgumentError(
      `wasm() was given the unknown option '${unknown}': expected threads, memory or heap.`,
    );
  }
  if (!Number.isInteger(threads) || threads < 1 || threads > MOST_THREADS) {
    throw new ArgumentError(
      `wasm() was given threads: ${describe(threads)}. Expected an integer from 1 to ${MOST_THREADS}.`,
    );
  }
  if (memory !== undefined && !(memory instanceof WebAssembly.Memory)) {
    throw new ArgumentError(
      `wasm() was given memory: ${describe(memory)}. Expected a WebAssembly.Memory, or nothing.`,
    );
  }
  if (heap !== undefined && !isHeap(heap)) {
    throw new ArgumentError(
      `wasm() was given heap: ${describe(heap)}. Expected { malloc, free }, two functions.`,
    );
  }
  if (heap !== undefined && memory === undefined) {
    throw new ArgumentError(
      'wasm() was given a heap without a memory: give the memory that it allocates in too.',
    );
  }
  return { threads, memory, heap };
}

function isHeap(heap: HeapOptions): boolean {
  return typeof heap?.malloc === 'function' && typeof heap.free === 'function';
}

function defaultThreads(): number {
  const cores = globalThis.navigator?.hardwareConcurrency ?? 1;
  return Math.max(1, Math.min(cores, DEFAULT_MOST_THREADS));
}
