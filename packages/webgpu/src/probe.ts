// How a device rounds is seen, not believed: the update itself is run on numbers chosen to tell, and its results are
// compared with those of float32 arithmetic that rounds every operation and keeps subnormal numbers.

import { type Capabilities, type Kernels, type StepItem, UnsupportedError } from '@asgd/core';
import type { Span } from './memory.ts';

/** How the kernels round on a device. */
export interface Rounding extends Pick<Capabilities, 'contraction' | 'subnormals'> {
  /** Whether products must be kept from being fused, and the kernels are written so. */
  readonly isGuarded: boolean;
}

type Probed = Kernels<Span>;

interface Experiment {
  readonly parameter: Float32Array;
  readonly gradient: Float32Array;
  readonly average: Float32Array;
  readonly decay: number;
  readonly eta: number;
  readonly mu: number;
  readonly weightDecay: number;
}

const { fround } = Math;

/**
 * @param open kernels that round so, on the device
 * @throws UnsupportedError when the results are not those of float32 arithmetic at all
 */
export async function probe(open: (rounding: Rounding) => Probed): Promise<Rounding> {
  const plain = await observe(open({ contraction: 'may', subnormals: 'flush', isGuarded: false }));
  if (plain.contraction === 'never') return { ...plain, isGuarded: false };
  const guarded = await observe(open({ contraction: 'may', subnormals: 'flush', isGuarded: true }));
  return { ...guarded, isGuarded: true };
}

async function observe(kernels: Probed): Promise<Pick<Capabilities, 'contraction' | 'subnormals'>> {
  try {
    const results = await Promise.all(
      [normals(0), normals(0.7), subnormals()].map(async (experiment) => ({
        actual: await perform(kernels, experiment),
        expected: predict(experiment),
      })),
    );
    const [plain, decayed, small] = results.map(({ actual, expected }) => largestError(actual, expected));
    // Fused or not, a result is within a few units in the last place of numbers below 8.
    if (![plain, decayed].every((error) => error !== undefined && error < 2e-6)) {
      throw new UnsupportedError(
        `This GPU does not compute float32 as WebGPU requires: an update is off by ${Math.max(plain ?? NaN, decayed ?? NaN)}. ` +
          `Use another adapter or backend.`,
      );
    }
    return {
      contraction: plain === 0 && decayed === 0 ? 'never' : 'may',
      subnormals: small === 0 ? 'keep' : 'flush',
    };
  } finally {
    await kernels.close();
  }
}

/** Full mantissas, so that every fused product shows in some result. */
export function normals(weightDecay: number): Experiment {
  let seed = 1;
  const next = (): number => {
    seed = (seed * 48271) % 0x7fffffff;
    return (seed / 0x7fffffff) * 4 - 2;
  };
  const random = (): Float32Array => Float32Array.from({ length: 64 }, next);
  return {
    parameter: random(),
    gradient: random(),
    average: random(),
    decay: fround(0.9),
    eta: fround(0.3),
    mu: fround(1 / 3),
    weightDecay: fround(weightDecay),
  };
}

/** Operands or results below the smallest normal number, with products that need no rounding. */
function subnormals(): Experiment {
  const smallest = 2 ** -126;
  return {
    parameter: Float32Array.of(smallest / 8, 1.5 * smallest, smallest, 0),
    gradient: Float32Array.of(0, 2 * smallest, -2 * smallest, 0),
    average: Float32Array.of(0, 0, 0, smallest / 8),
    decay: 0.75,
    eta: 0.5,
    mu: 0.5,
    weightDecay: 0,
  };
}

async function perform(kernels: Probed, experiment: Experiment): Promise<readonly Float32Array[]> {
  const store = (values: Float32Array): Span => {
    const span = kernels.allocate('float32', values.length);
    kernels.write(span, values);
    return span;
  };
  const { decay, eta, mu, weightDecay } = experiment;
  const parameter = store(experiment.parameter);
  const average = store(experiment.average);
  const item: StepItem<Span> = {
    parameter,
    gradient: store(experiment.gradient),
    average,
    length: parameter.length,
    averaging: 'blend',
    decay,
    eta,
    mu,
  };
  kernels.step({ dtype: 'float32', weightDecay, maximize: false, items: [item] });
  const values = await Promise.all([kernels.read(parameter), kernels.read(average)]);
  return values as Float32Array[]; // what the kernels declare
}

/** The update of SPEC.md. */
export function predict(experiment: Experiment): readonly Float32Array[] {
  const { parameter, gradient, average, decay, eta, mu, weightDecay } = experiment;
  const p = parameter.map((before, index) => {
    const raw = gradient[index] ?? NaN;
    const g = weightDecay === 0 ? raw : fround(raw + fround(weightDecay * before));
    return fround(fround(before * decay) - fround(eta * g));
  });
  const ax = average.map((before, index) => before + fround(fround((p[index] ?? NaN) - before) * mu));
  return [p, ax];
}

function largestError(actual: readonly Float32Array[], expected: readonly Float32Array[]): number {
  const errors = actual.flatMap((values, which) =>
    Array.from(values, (value, index) => Math.abs(value - (expected[which]?.[index] ?? NaN))),
  );
  return Math.max(...errors);
}
