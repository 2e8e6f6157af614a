import {
  type Averaging,
  type Backend,
  CONTRACT_VERSION,
  defineBackend,
  type HostScalars,
  type RealArray,
  type StepItem,
} from '@asgd/core';

interface Far {
  values: Float32Array;
}

const { fround } = Math;

/** A backend whose memory the host cannot see, like a device's: only write() and an awaited read() reach it. */
export function far(): Backend {
  return defineBackend<Far>({
    name: 'far',
    contract: CONTRACT_VERSION,
    capabilities: {
      dtypes: ['float32'],
      contraction: 'never',
      subnormals: 'keep',
      hostVisible: false,
      threads: 1,
    },
    allocate: (_, length) => ({ values: new Float32Array(length) }),
    write(storage, values) {
      storage.values = Float32Array.from(values);
    },
    read(storage): Promise<RealArray> {
      const values = storage.values.slice();
      return new Promise((resolve) => setImmediate(() => resolve(values)));
    },
    copy(source, target) {
      target.values = source.values.slice();
    },
    free() {},
    prepare: (batch) => batch,
    step({ averaging, items }, scalars: HostScalars) {
      for (const item of items) update(item, averaging, scalars);
    },
    release() {},
    async synchronize() {},
    async close() {},
  });
}

/** SPEC.md's update, every operation rounded once. */
function update(
  { parameter, gradient, average }: StepItem<Far>,
  averaging: Averaging,
  { decay, eta, mu, weightDecay }: HostScalars,
): void {
  parameter.values.forEach((before, i) => {
    const slope = gradient.values[i] ?? NaN;
    const penalized = weightDecay === 0 ? slope : fround(slope + fround(weightDecay * before));
    const after = fround(fround(before * decay) - fround(eta * penalized));
    parameter.values[i] = after;
    if (average === null) return;
    const old = average.values[i] ?? NaN;
    average.values[i] = averaging === 'copy' ? after : fround(old + fround(fround(after - old) * mu));
  });
}
