import { type Backend, defineBackend, type RealArray, type RealDType } from '@asgd/core';
import { suite } from '../../suite.ts';

/** Unlike any backend under test: it holds values where the host sees them, and takes no steps. */
export function hostMemory(): Backend {
  return defineBackend<RealArray, RealArray>({
    name: 'host memory',
    contract: 1,
    package: `@asgd/conformance@${suite.version}`,
    capabilities: {
      dtypes: ['float32', 'float64'],
      contraction: 'never',
      subnormals: 'keep',
      hostVisible: true,
      threads: 1,
    },
    allocate: (dtype, length) => (dtype === 'float32' ? new Float32Array(length) : new Float64Array(length)),
    write: (storage, values) => storage.set(values),
    read: (storage) => storage.slice(),
    copy: (source, target) => target.set(source),
    free() {},
    view: (storage) => storage,
    wrap: (source) => ({ storage: source, dtype: dtypeOf(source), length: source.length }),
    prepare: (batch) => batch,
    step() {
      throw new Error(
        'A kernel was called on the host-memory backend, whose parameters must not be updated.',
      );
    },
    release() {},
    async synchronize() {},
    async close() {},
  });
}

function dtypeOf(values: RealArray): RealDType {
  return values instanceof Float32Array ? 'float32' : 'float64';
}
