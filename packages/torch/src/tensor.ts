import { CheckpointError } from './errors.ts';
import { isTorchDType, layoutOf, type TorchDType, type Values, type ValuesFor } from './dtype.ts';

/** A tensor in a checkpoint, as plain data. */
export interface TorchTensor<DType extends TorchDType = TorchDType> {
  /** What it holds. */
  readonly dtype: DType;
  /** Empty for a single number. */
  readonly shape: readonly number[];
  /** Row by row. If tensors shared a storage, their arrays share memory. */
  readonly values: ValuesFor<DType>;
}

/** Whether something is `{ dtype, shape, values }` of a checkpoint, with the right number of values. */
export function isTorchTensor(value: unknown): value is TorchTensor {
  if (typeof value !== 'object' || value === null) return false;
  const { dtype, shape, values } = value as Partial<Record<keyof TorchTensor, unknown>>;
  if (!isTorchDType(dtype) || !Array.isArray(shape) || !shape.every(isSize)) return false;
  const { Values, lanes } = layoutOf(dtype);
  return values instanceof Values && values.length === elementsIn(shape as number[]) * lanes;
}

function isSize(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** How many elements a shape has; a 0-d tensor has one. */
export function elementsIn(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** How far apart neighbors along each dimension are, if elements are stored row by row. */
export function rowMajorStrides(shape: readonly number[]): number[] {
  const strides: number[] = [];
  shape.reduceRight((stride, size, dimension) => {
    strides[dimension] = stride;
    return stride * Math.max(1, size);
  }, 1);
  return strides;
}

/** Where a tensor's elements are: in a storage, from `offset` on, in elements. */
export interface Placement {
  readonly dtype: TorchDType;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
  readonly offset: number;
  /** What PyTorch has yet to do to the values. */
  readonly conjugated: boolean;
  readonly negated: boolean;
}

/** The range of the storage that contains the tensor's elements: from the first to after the last. */
export function extentOf({ shape, strides, offset }: Placement): {
  readonly from: number;
  readonly to: number;
} {
  if (elementsIn(shape) === 0) return { from: 0, to: 0 };
  const last = shape.reduce(
    (sum, size, dimension) => sum + (size - 1) * (strides[dimension] as number),
    offset,
  );
  return { from: offset, to: last + 1 };
}

/** Whether its values are a contiguous part of its storage. */
export function isInPlace({ shape, strides, conjugated, negated }: Placement): boolean {
  const expected = rowMajorStrides(shape);
  const isEmpty = elementsIn(shape) === 0;
  const inOrder = shape.every((size, dimension) => size === 1 || strides[dimension] === expected[dimension]);
  return (isEmpty || inOrder) && !conjugated && !negated;
}

/** The tensor's values, from a part of its storage that begins with element `from`. */
export function valuesIn(storage: Values, from: number, placement: Placement): Values {
  const { dtype, shape, offset } = placement;
  const { lanes } = layoutOf(dtype);
  const elements = elementsIn(shape);
  if (isInPlace(placement)) {
    const start = elements === 0 ? 0 : (offset - from) * lanes;
    return storage.subarray(start, start + elements * lanes);
  }
  const values = new (layoutOf(dtype).Values)(elements * lanes);
  copyRows(storage, values, placement, from, lanes);
  changeSigns(values, placement, lanes);
  return values;
}

function copyRows(storage: Values, values: Values, placement: Placement, from: number, lanes: number): void {
  const { shape, strides, offset } = placement;
  const index = shape.map(() => 0);
  let element = offset - from;
  for (let to = 0; to < values.length; to += lanes) {
    for (let lane = 0; lane < lanes; lane++) {
      values[to + lane] = storage[element * lanes + lane] as never;
    }
    // To the next element, like an odometer.
    for (let dimension = shape.length - 1; dimension >= 0; dimension--) {
      const stride = strides[dimension] as number;
      element += stride;
      index[dimension] = (index[dimension] as number) + 1;
      if ((index[dimension] as number) < (shape[dimension] as number)) break;
      element -= stride * (index[dimension] as number);
      index[dimension] = 0;
    }
  }
}

function changeSigns(values: Values, { dtype, conjugated, negated }: Placement, lanes: number): void {
  if (!conjugated && !negated) return;
  if (!(values instanceof Float32Array || values instanceof Float64Array)) {
    throw new CheckpointError(`A tensor of ${dtype} is marked to be negated, which only floats can be.`);
  }
  for (let i = 0; i < values.length; i++) {
    const isImaginary = lanes === 2 && i % 2 === 1;
    if (negated !== (conjugated && isImaginary)) values[i] = -(values[i] as number);
  }
}
