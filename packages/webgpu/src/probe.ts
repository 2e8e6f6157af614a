// Finds out how a device rounds. It runs the update on numbers chosen to show the difference, and compares the results with
// those of float32 arithmetic that rounds every operation and keeps subnormal numbers.

import type { Capabilities, HostScalars, Kernels } from '@asgd/core';
import type { Rounding } from './device-context.ts';
import type { Span } from './memory.ts';
import type { Plan } from './plan.ts';
import type { BufferRange } from './wrap.ts';

type GPUKernels = Kernels<Span, BufferRange, Plan>;

interface Experiment {
  readonly scalars: HostScalars;
  readonly parameter: Float32Array;
  readonly gradient: Float32Array;
  readonly average: Float32Array;
}

const { fround } = Math;

const common = { on: 'host', weightDecay: 0, sign: 1 } as const;

/** @param open opens kernels on the device, guarded or not */
export async function probe(open: (isGuarded: boolean) => GPUKernels): Promise<Rounding> {
  const plain = await observe(open(false));
  if (plain.contraction === 'never') return { ...plain, isGuarded: false };
  return { ...(await observe(open(true))), isGuarded: true };
}

async function observe(kernels: GPUKernels): Promise<Pick<Capabilities, 'contraction' | 'subnormals'>> {
  try {
    const isExact = async (experiment: Experiment): Promise<boolean> =>
      JSON.stringify(await perform(kernels, experiment)) === JSON.stringify(predict(experiment));
    const isUnfused = (await isExact(normals(0))) && (await isExact(normals(0.7)));
    return {
      contraction: isUnfused ? 'never' : 'may',
      subnormals: (await isExact(subnormals)) ? 'keep' : 'flush',
    };
  } finally {
    await kernels.close();
  }
}

/** Full mantissas, so that every fused product shows in some result. */
export function normals(weightDecay: number): Experiment {
  let seed = 1;
  const random = (): Float32Array =>
    new Float32Array(64).map(() => (seed = (seed * 48271) % 0x7fffffff) / 0x40000000 - 1);
  return {
    scalars: {
      ...common,
      decay: fround(0.9),
      eta: fround(0.3),
      mu: fround(0.6),
      weightDecay: fround(weightDecay),
    },
    parameter: random(),
    gradient: random(),
    average: random(),
  };
}

/** Values in units of the smallest normal number. */
const tiny = (...values: readonly number[]): Float32Array =>
  Float32Array.from(values, (value) => value * 2 ** -126);

/** Operands or results below the smallest normal number, and products that are exact. */
const subnormals: Experiment = {
  scalars: { ...common, decay: 0.75, eta: 0.5, mu: 0.5 },
  parameter: tiny(0.125, 1.5, 1, 0),
  gradient: tiny(0, 2, -2, 0),
  average: tiny(0, 0, 0, 0.125),
};

/** The parameter and the average after one update. */
async function perform(kernels: GPUKernels, experiment: Experiment): Promise<readonly ArrayLike<number>[]> {
  const store = (values: Float32Array): Span => {
    const span = kernels.allocate('float32', values.length);
    kernels.write(span, values);
    return span;
  };
  const [parameter, gradient, average] = [
    store(experiment.parameter),
    store(experiment.gradient),
    store(experiment.average),
  ];
  const { length } = parameter;
  const items = [{ parameter, gradient, average, length }];
  const plan = kernels.prepare({ dtype: 'float32', averaging: 'blend', items });
  kernels.step(plan, experiment.scalars);
  return Promise.all([kernels.read(parameter), kernels.read(average)]);
}

/** The same, computed as SPEC.md says. */
export function predict(experiment: Experiment): readonly Float32Array[] {
  const { parameter, gradient, average, scalars } = experiment;
  const { decay, eta, mu, weightDecay } = scalars;
  const p = parameter.map((before, index) => {
    const g = fround((gradient[index] ?? 0) + fround(weightDecay * before));
    return fround(before * decay) - fround(eta * g);
  });
  return [p, average.map((before, index) => before + fround(fround((p[index] ?? 0) - before) * mu))];
}
