import { ArgumentError, DTypeError, OutOfMemoryError } from '@asgd/core';
import type { RealArray, RealDType, Wrapped } from '@asgd/core';

const arrays = { float32: Float32Array, float64: Float64Array } as const;

/** @throws OutOfMemoryError */
export function allocate(dtype: RealDType, length: number): RealArray {
  try {
    return new arrays[dtype](length);
  } catch (cause) {
    const bytes = length * arrays[dtype].BYTES_PER_ELEMENT;
    throw new OutOfMemoryError(
      `Could not allocate ${length} ${dtype} values (${bytes} bytes): this JavaScript engine has no typed ` +
        `array that long, or no memory for it.`,
      { cause },
    );
  }
}

/** Any Float32Array or Float64Array, a subarray or one over shared memory included. */
export function wrap(source: RealArray, dtype: RealDType | undefined): Wrapped<RealArray> {
  const found = dtypeOf(source);
  if (dtype !== undefined && dtype !== found) {
    throw new DTypeError(`The array to wrap is a ${arrays[found].name}: it cannot be wrapped as ${dtype}.`);
  }
  return { storage: source, dtype: found, length: source.length };
}

function dtypeOf(source: unknown): RealDType {
  if (source instanceof Float32Array) return 'float32';
  if (source instanceof Float64Array) return 'float64';
  throw new ArgumentError(
    `What wrap() was given is no Float32Array or Float64Array: give one of these, or use parameter() or ` +
      `tensor(), which copy any array of numbers.`,
  );
}
