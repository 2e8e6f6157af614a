import { type Backend, defineBackend, type Kernels, type RealArray, type StepItem } from '@asgd/core';
import { step as stepFloat32 } from './float32.ts';
import { step as stepFloat64 } from './float64.ts';
import { allocate, wrap } from './memory.ts';

const kernels: Kernels<RealArray, RealArray> = {
  name: 'cpu',
  contract: 1,
  capabilities: {
    dtypes: ['float32', 'float64'],
    contraction: 'never',
    subnormals: 'keep',
    hostVisible: true,
    threads: 1,
  },
  allocate,
  wrap,
  write: (storage, values) => storage.set(values),
  read: (storage) => storage.slice(),
  copy: (source, target) => target.set(source),
  view: (storage) => storage,
  step({ dtype, weightDecay, maximize, items }) {
    for (const item of items) {
      if (dtype === 'float32') stepFloat32(item as StepItem<Float32Array>, weightDecay, maximize);
      else stepFloat64(item as StepItem<Float64Array>, weightDecay, maximize);
    }
  },
  async synchronize() {},
  async close() {},
};

/**
 * A backend of plain TypeScript, for wherever JavaScript runs. Every operation rounds where SPEC.md of @asgd/core
 * says, so its bits are the reference for the others. Steps are done when `step()` returns.
 *
 * `wrap` takes a Float32Array or a Float64Array, a subarray included.
 */
export async function cpu(): Promise<Backend<RealArray>> {
  return defineBackend(kernels);
}
