import {
  type Backend,
  type Capabilities,
  defineBackend,
  type HostScalars,
  type Kernels,
  OutOfMemoryError,
  type RealArray,
  type StepBatch,
  type StepItem,
} from '@asgd/core';
import { fma } from '../src/fma.ts';
import { roundTo, smallestNormal, zeros } from '../src/rounding.ts';

/** What a plain backend can do. A test overrides what it needs. */
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
  /** Whether operations replace subnormal operands and results with zeros. */
  readonly flushes?: boolean;
  /** Whether float32 is computed in float64 and rounded when it is stored, which no backend may do. */
  readonly isWide?: boolean;
  /** Whether the average uses the parameter from before the update, which no backend may do. */
  readonly averagesLate?: boolean;
}

/** The simplest possible backend. It declares and computes whatever it is told to. */
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
    prepare: (batch) => batch,
    step({ dtype, averaging, items }, scalars: HostScalars) {
      const operations = operationsFor(dtype, arithmetic);
      for (const item of items) updateItem(item, averaging, scalars, arithmetic, operations);
    },
    release() {},
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
  { parameter, gradient, average, length }: StepItem<RealArray>,
  averaging: StepBatch<RealArray>['averaging'],
  { decay, eta, mu, weightDecay, sign }: HostScalars,
  { averagesLate = false }: Arithmetic,
  { add, multiplyAdd, sumOfProducts }: Operations,
): void {
  for (let index = 0; index < length; index++) {
    const p = parameter[index] ?? Number.NaN;
    const signed = sign * (gradient[index] ?? Number.NaN);
    const g = weightDecay === 0 ? signed : multiplyAdd(weightDecay, p, signed);
    const next = sumOfProducts(p, decay, -eta, g);
    parameter[index] = next;
    if (!average) continue;
    const ax = average[index] ?? Number.NaN;
    const newest = averagesLate ? p : next;
    average[index] = averaging === 'blend' ? multiplyAdd(add(newest, -ax), mu, ax) : newest;
  }
}
