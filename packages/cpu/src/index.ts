import { type Backend, defineBackend, type RealArray } from '@asgd/core';
import { kernels } from './kernels.ts';

/**
 * A backend in plain TypeScript that runs wherever JavaScript runs. Every operation rounds where SPEC.md of `@asgd/core`
 * says, in float32 as well as in float64. A step is done when `step()` returns.
 *
 * `wrap` takes a Float32Array or a Float64Array, including subarrays and arrays over shared memory.
 */
export async function cpu(): Promise<Backend<RealArray>> {
  return defineBackend(kernels);
}
