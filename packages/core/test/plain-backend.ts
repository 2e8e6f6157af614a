import {
  type Backend,
  type Capabilities,
  defineBackend,
  type Kernels,
  OutOfMemoryError,
  type RealArray,
  type StepBatch,
} from '@asgd/core';

/** Computes in arrays. Where the host does not see its memory, reads take a while, as a device's do. */
export function plainBackend(declared: Partial<Capabilities> = {}): Backend<RealArray> {
  return defineBackend(plainKernels(declared));
}

function plainKernels(declared: Partial<Capabilities>): Kernels<RealArray, RealArray> {
  const capabilities: Capabilities = {
    dtypes: ['float32', 'float64'],
    contraction: 'never',
    subnormals: 'keep',
    hostVisible: true,
    threads: 1,
    ...declared,
  };
  return {
    name: 'plain',
    contract: 1,
    capabilities,
    allocate(dtype, length) {
      if (length > 2 ** 20) throw new OutOfMemoryError(`No room for ${length} ${dtype} values.`);
      return dtype === 'float32' ? new Float32Array(length) : new Float64Array(length);
    },
    write: (storage, values) => storage.set(values),
    read(storage) {
      const values = storage.slice();
      return capabilities.hostVisible ? values : Promise.resolve(values);
    },
    copy: (source, target) => target.set(source),
    ...(capabilities.hostVisible ? { view: (storage: RealArray) => storage } : {}),
    prepare: (batch) => batch,
    step(batch, scalars) {
      if (scalars.on === 'device') throw new Error('This backend computes no schedule.');
      for (const item of batch.items) update(item, { ...scalars, averaging: batch.averaging });
    },
    release() {},
    async synchronize() {},
    async close() {},
  };
}

interface Scalars extends Pick<StepBatch<RealArray>, 'averaging'> {
  readonly decay: number;
  readonly eta: number;
  readonly mu: number;
  readonly weightDecay: number;
  readonly sign: number;
}

/** The update of SPEC.md, rounded only when it is stored: what the tests compare is exact. */
function update(
  { parameter, gradient, average }: StepBatch<RealArray>['items'][number],
  { decay, eta, mu, weightDecay, sign, averaging }: Scalars,
): void {
  for (const [index, p] of parameter.entries()) {
    const g = sign * (gradient[index] ?? NaN) + weightDecay * p;
    const next = p * decay - eta * g;
    parameter[index] = next;
    if (!average || averaging === 'none') continue;
    const ax = average[index] ?? NaN;
    average[index] = averaging === 'blend' ? ax + (next - ax) * mu : next;
  }
}
