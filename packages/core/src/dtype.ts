import { describe } from './describe.ts';
import { DTypeError } from './errors.ts';

/** What a backend computes in. */
export type RealDType = 'float32' | 'float64';

/** What a tensor holds. Complex values are interleaved: re, im, re, im, … */
export type DType = RealDType | 'complex64' | 'complex128';

/** Values of a tensor, in the array type of its {@link RealDType}. */
export type RealArray = Float32Array | Float64Array;

export interface Layout {
  /** The dtype of the reals that an element is made of. */
  readonly real: RealDType;
  /** Reals in one element. */
  readonly lanes: 1 | 2;
}

const layouts: Readonly<Record<DType, Layout>> = {
  float32: { real: 'float32', lanes: 1 },
  float64: { real: 'float64', lanes: 1 },
  complex64: { real: 'float32', lanes: 2 },
  complex128: { real: 'float64', lanes: 2 },
};

const arrays = { float32: Float32Array, float64: Float64Array } as const;

export function layoutOf(dtype: DType): Layout {
  if (!Object.hasOwn(layouts, dtype)) {
    throw new DTypeError(
      `Unknown dtype ${describe(dtype)}: expected one of ${Object.keys(layouts).join(', ')}.`,
    );
  }
  return layouts[dtype];
}

/** The array type of a real dtype: `new (arrayType('float32'))(3)`. */
export function arrayType(dtype: RealDType): Float32ArrayConstructor | Float64ArrayConstructor {
  return arrays[dtype];
}

/** The dtype of the values in an array, from any realm; `undefined` if it is not a {@link RealArray}. */
export function dtypeOf(array: unknown): RealDType | undefined {
  if (!ArrayBuffer.isView(array)) return undefined;
  const name: unknown = Reflect.get(array, Symbol.toStringTag);
  if (name === 'Float32Array') return 'float32';
  return name === 'Float64Array' ? 'float64' : undefined;
}

/** Rounds to the dtype once, ties to even. */
export function roundTo(dtype: RealDType, value: number): number {
  return dtype === 'float32' ? Math.fround(value) : value;
}
