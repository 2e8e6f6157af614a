import { ArgumentError, type Backend, defineBackend } from '@asgd/core';
import { plainKernels } from '../kernels.ts';

/** A factory of a backend that conforms. */
export function conforming(): Backend {
  return defineBackend({
    ...plainKernels(),
    wrap(storage) {
      if (storage instanceof Float32Array) return { storage, dtype: 'float32', length: storage.length };
      if (storage instanceof Float64Array) return { storage, dtype: 'float64', length: storage.length };
      throw new ArgumentError('Expected a Float32Array or a Float64Array to wrap.');
    },
  });
}
