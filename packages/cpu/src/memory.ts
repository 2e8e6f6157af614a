import {
  ArgumentError,
  arrayType,
  describe,
  DTypeError,
  dtypeOf,
  OutOfMemoryError,
  type RealArray,
  type RealDType,
  type Wrapped,
} from '@asgd/core';

/** @throws OutOfMemoryError */
export function allocate(dtype: RealDType, length: number): RealArray {
  const Type = arrayType(dtype);
  try {
    return new Type(length);
  } catch (cause) {
    throw new OutOfMemoryError(
      `Could not allocate ${length} ${dtype} values (${length * Type.BYTES_PER_ELEMENT} bytes): either typed arrays ` +
        `cannot be that long in this JavaScript engine, or there is no memory left. Dispose of some tensors, or use ` +
        `several smaller ones.`,
      { cause },
    );
  }
}

/** @throws OutOfMemoryError */
export function read(storage: RealArray): RealArray {
  try {
    return storage.slice();
  } catch (cause) {
    throw new OutOfMemoryError(
      `There is no memory left for a copy of ${storage.length} values (${storage.byteLength} bytes): dispose of some ` +
        `tensors, or look at the values in place with view().`,
      { cause },
    );
  }
}

/** Takes any Float32Array or Float64Array, including subarrays and arrays over shared memory. */
export function wrap(source: RealArray, dtype: RealDType | undefined): Wrapped<RealArray> {
  const found = dtypeOf(source);
  if (found === undefined) {
    throw new ArgumentError(
      `wrap() was given ${describe(source)}: expected a Float32Array or a Float64Array. Other values can be copied ` +
        `with parameter() or tensor().`,
    );
  }
  if (dtype !== undefined && dtype !== found) {
    throw new DTypeError(
      `wrap() was given a ${arrayType(found).name} with dtype: '${dtype}': expected a ${arrayType(dtype).name}, or ` +
        `leave dtype out.`,
    );
  }
  return { storage: source, dtype: found, length: source.length };
}
