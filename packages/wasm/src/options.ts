import { ArgumentError } from '@asgd/core';
import type { HeapOptions } from './heap.ts';

export interface WasmOptions {
  /**
   * How many threads share a step, the calling one included. Default: one for each core, eight at most. Where the page
   * is not cross-origin isolated or workers are refused it is one: `backend.capabilities.threads` says how many.
   */
  readonly threads?: number;
  /** Another program's memory, to train its parameters in place: `wrap` views of it. Default: one of its own. */
  readonly memory?: WebAssembly.Memory;
  /**
   * Lets the backend allocate in `memory`: for tensors it is asked to make, for averages, and for what its threads
   * share. Without it the backend writes to what it is given to update, and nowhere else, on one thread.
   */
  readonly heap?: HeapOptions;
}

export interface Settings {
  readonly threads: number;
  readonly memory: WebAssembly.Memory | undefined;
  readonly heap: HeapOptions | undefined;
}

/** A step is bound by memory, which a few cores use up. */
const DEFAULT_MOST_THREADS = 8;

/** More would be a mistake in a number. */
const MOST_THREADS = 256;

/** @throws ArgumentError */
export function checkOptions(options: WasmOptions): Settings {
  if (typeof options !== 'object' || options === null) {
    throw new ArgumentError(`wasm() was given ${String(options)}: expected options, such as { threads: 2 }.`);
  }
  const { threads = defaultThreads(), memory, heap, ...others } = options;
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) {
    throw new ArgumentError(`wasm() has no option '${unknown}': its options are threads, memory, heap.`);
  }
  if (!Number.isInteger(threads) || threads < 1 || threads > MOST_THREADS) {
    throw new ArgumentError(
      `wasm() was given threads: ${String(threads)}: expected an integer from 1 to ${MOST_THREADS}.`,
    );
  }
  if (memory !== undefined && !(memory instanceof WebAssembly.Memory)) {
    throw new ArgumentError(
      'The memory given to wasm() is no WebAssembly.Memory: give one, or leave it out.',
    );
  }
  if (heap !== undefined && (memory === undefined || !isHeap(heap))) {
    throw new ArgumentError(
      'wasm() takes heap: { malloc, free }, two functions, together with the memory that they allocate in.',
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
