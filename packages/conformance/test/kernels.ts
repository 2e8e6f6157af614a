import {
  type Backend,
  type Capabilities,
  defineBackend,
  type Kernels,
  OutOfMemoryError,
  type RealArray,
  type StepItem,
} from '@asgd/core';
import { fma } from '../src/fma.ts';
import { roundTo, smallestNormal, zeros } from '../src/rounding.ts';

/** What a plain backend can do; a test says what is to be different. */
export const plainCapabilities: Capabilities = {
  dtypes: ['float32', 'float64'],
  contraction: 'never',
  subnormals: 'keep',
  hostVisible: true,
  threads: 1,
};

/** How a backend under test does arithmetic. */
export interface Arithmetic {
  /** Which product of a sum is fused with it. */
  readonly fuses?: 'none' | 'gradient' | 'decay' | undefined;
  /** Whether operations take and give zeros in place of subnormal numbers. */
  readonly flushes?: boolean;
  /** Whether float32 is computed in float64 and rounded when it is stored: no backend may. */
  readonly isWide?: boolean;
  /** Whether the parameter that is averaged is the one from before the update: no backend may. */
  readonly averagesLate?: boolean;
}

/** A backend as simple as can be, that declares what it is told to and computes as it is told to. */
export function plainBackend(
  declared: Partial<Capabilities> = {},
  arithmetic: Arithmetic = {},
): Backend<RealArray> {
  return defineBackend(plainKernels(declared, arithmetic));
}

export function plainKernels(
  declared: Partial<Capabilities> = {},
  arithmetic: Arithmetic = {},
): Kernels<RealArray, RealArray> {
  return {
    name: 'plain',
    contract: 1,
    capabilities: { ...plainCapabilities, ...declared },
    allocate(dtype, length) {
      if (length > 2 ** 27) throw new OutOfMemoryError(`No room for ${length} ${dtype} values.`);
      return zeros(dtype, length);
    },
    write: (storage, values) => storage.set(values),
    read: (storage) => storage.slice(),
    copy: (source, target) => target.set(source),
    view: (storage) => storage,
    wrap: (source) => ({
      storage: source,
      dtype: source instanceof Float32Array ? 'float32' : 'float64',
      length: source.length,
    }),
    step({ dtype, weightDecay, maximize, items }) {
      const operations = operationsFor(dtype, arithmetic);
      const { averagesLate = false } = arithmetic;
      for (const item of items) updateItem(item, { weightDecay, maximize, averagesLate }, operations);
    },
    async synchronize() {},
    async close() {},
  };
}

interface Operations {
  add(a: number, b: number): number;
  /** `a * b + c` */
  multiplyAdd(a: number, b: number, c: number): number;
  /** `a * b + c * d` */
  sumOfProducts(a: number, b: number, c: number, d: number): number;
}

function operationsFor(
  dtype: 'float32' | 'float64',
  { fuses = 'none', flushes = false, isWide = false }: Arithmetic,
): Operations {
  const round = (value: number): number => (isWide ? value : roundTo(dtype, value));
  const flush = (value: number): number =>
    flushes && Math.abs(value) < smallestNormal[dtype] ? copySignOfZero(value) : value;
  const add = (a: number, b: number): number => flush(round(flush(a) + flush(b)));
  const multiply = (a: number, b: number): number => flush(round(flush(a) * flush(b)));
  const fused = (a: number, b: number, c: number): number => flush(fma(dtype, flush(a), flush(b), flush(c)));
  return {
    add,
    multiplyAdd: (a, b, c) => (fuses === 'none' ? add(multiply(a, b), c) : fused(a, b, c)),
    sumOfProducts(a, b, c, d) {
      if (fuses === 'gradient') return fused(c, d, multiply(a, b));
      if (fuses === 'decay') return fused(a, b, multiply(c, d));
      return add(multiply(a, b), multiply(c, d));
    },
  };
}

function copySignOfZero(value: number): number {
  return value < 0 || Object.is(value, -0) ? -0 : 0;
}

function updateItem(
  { parameter, gradient, average, averaging, decay, eta, mu, length }: StepItem<RealArray>,
  { weightDecay, maximize, averagesLate }: { weightDecay: number; maximize: boolean; averagesLate: boolean },
  { add, multiplyAdd, sumOfProducts }: Operations,
): void {
  for (let index = 0; index < length; index++) {
    const p = parameter[index] ?? Number.NaN;
    const signed = (maximize ? -1 : 1) * (gradient[index] ?? Number.NaN);
    const g = weightDecay === 0 ? signed : multiplyAdd(weightDecay, p, signed);
    const next = sumOfProducts(p, decay, -eta, g);
    parameter[index] = next;
    if (!average) continue;
    const ax = average[index] ?? Number.NaN;
    const newest = averagesLate ? p : next;
    average[index] = averaging === 'blend' ? multiplyAdd(add(newest, -ax), mu, ax) : newest;
  }
}
