import type { HostScalars, Kernels, RealArray, StepItem } from '@asgd/core';
import { allocate, read, wrap } from './memory.ts';
import { packageId } from './package.ts';
import { update as updateFloat32 } from './update-float32.ts';
import { update as updateFloat64 } from './update-float64.ts';

/** The kernels that `@asgd/core` calls. A storage is a typed array, a plan is the batch itself, and nothing is queued. */
export const kernels: Kernels<RealArray, RealArray> = {
  name: 'cpu',
  contract: 1,
  package: packageId,
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
  read,
  copy: (source, target) => target.set(source),
  view: (storage) => storage,
  prepare: (batch) => batch,
  step({ dtype, averaging, items }, scalars: HostScalars) {
    for (const item of items) {
      if (dtype === 'float32') updateFloat32(item as StepItem<Float32Array>, averaging, scalars);
      else updateFloat64(item as StepItem<Float64Array>, averaging, scalars);
    }
  },
  release() {},
  async synchronize() {},
  async close() {},
};
