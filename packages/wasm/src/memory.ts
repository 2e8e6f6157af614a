import { ArgumentError, DTypeError, type RealArray, type RealDType, type Wrapped } from '@asgd/core';
import type { Allocation, Heap } from './heap.ts';

const arrays = { float32: Float32Array, float64: Float64Array } as const;

/** A tensor's place in the memory. */
export interface Storage {
  readonly dtype: RealDType;
  readonly address: number;
  /** In elements. */
  readonly length: number;
  /** In bytes: what is its own, of which an update may write even what is behind the values. */
  readonly size: number;
  /** What to give back to the heap; `null` for empty storage and for wrapped memory. */
  readonly allocation: Allocation | null;
}

/** Bytes of one element. */
export function widthOf(dtype: RealDType): number {
  return arrays[dtype].BYTES_PER_ELEMENT;
}

/** Storages in one WebAssembly memory, and views of it. */
export class TensorMemory {
  readonly #memory: WebAssembly.Memory;
  readonly #heap: Heap;
  /** Shared memory has a new buffer after it has grown, and the old ones remain good for what they reach. */
  readonly #buffers = new WeakSet<ArrayBufferLike>();

  constructor(memory: WebAssembly.Memory, heap: Heap) {
    this.#memory = memory;
    this.#heap = heap;
    this.#buffers.add(memory.buffer);
  }

  /** @throws OutOfMemoryError */
  allocate(dtype: RealDType, length: number): Storage {
    if (length === 0) return { dtype, address: 0, length, size: 0, allocation: null };
    const allocation = this.#heap.allocate(length * widthOf(dtype), `${length} ${dtype} values`);
    this.#buffers.add(this.#memory.buffer);
    return { dtype, address: allocation.address, length, size: allocation.size, allocation };
  }

  free({ allocation }: Storage): void {
    if (allocation) this.#heap.free(allocation);
  }

  /** The live values. Made anew each time: growing detaches the views of memory that is not shared. */
  view({ dtype, address, length }: Storage): RealArray {
    return new arrays[dtype](this.#memory.buffer, address, length);
  }

  /** A Float32Array or a Float64Array over this memory. */
  wrap(source: RealArray, dtype: RealDType | undefined): Wrapped<Storage> {
    const found = dtypeOf(source);
    if (dtype !== undefined && dtype !== found) {
      throw new DTypeError(`The array to wrap is a ${arrays[found].name}: it cannot be wrapped as ${dtype}.`);
    }
    this.#checkBuffer(source);
    const { byteOffset: address, byteLength: size, length } = source;
    return { storage: { dtype: found, address, length, size, allocation: null }, dtype: found, length };
  }

  #checkBuffer({ buffer }: RealArray): void {
    this.#buffers.add(this.#memory.buffer);
    if (this.#buffers.has(buffer) && !isDetached(buffer)) return;
    const fault = isDetached(buffer)
      ? 'detached: its memory has grown since it was made'
      : "not over this backend's memory";
    throw new ArgumentError(
      `The array to wrap is ${fault}. Make it over memory.buffer, where memory is what wasm({ memory }) was given, ` +
        `or copy its values with parameter() or tensor().`,
    );
  }
}

function isDetached(buffer: ArrayBufferLike): boolean {
  // Memory has no length 0 unless it was made so, and then there is nothing in it to wrap.
  return buffer instanceof ArrayBuffer && buffer.byteLength === 0;
}

function dtypeOf(source: unknown): RealDType {
  if (source instanceof Float32Array) return 'float32';
  if (source instanceof Float64Array) return 'float64';
  throw new ArgumentError(
    `The array to wrap is no Float32Array or Float64Array: give one over the backend's memory, ` +
      `or copy its values with parameter() or tensor().`,
  );
}
