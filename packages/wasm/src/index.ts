import { type Backend, defineBackend, type RealArray } from '@asgd/core';
import { startEngine } from './engine.ts';
import { WasmKernels } from './kernels.ts';
import { checkOptions, type WasmOptions } from './options.ts';

export type { HeapOptions } from './heap.ts';
export type { WasmMemory, WasmOptions } from './options.ts';

/**
 * A backend of WebAssembly SIMD kernels, on one thread or several. It gives the same bits as `@asgd/cpu`, on any number
 * of threads. A step is done when `step()` returns.
 *
 * `wrap` takes a Float32Array or a Float64Array over the backend's own memory: a part of a `view()`, or an array over
 * the memory that `wasm({ memory })` was given.
 *
 * @throws ArgumentError; OutOfMemoryError; UnsupportedError where the engine lacks WebAssembly SIMD or
 * a page's content security policy forbids WebAssembly
 */
export async function wasm(options: WasmOptions = {}): Promise<Backend<RealArray>> {
  const kernels = new WasmKernels(await startEngine(checkOptions(options)));
  try {
    return defineBackend(kernels);
  } catch (error) {
    await kernels.close();
    throw error;
  }
}
