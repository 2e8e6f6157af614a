import {
  ArgumentError,
  arrayType,
  describe,
  DTypeError,
  dtypeOf,
  type RealArray,
  type RealDType,
  type Wrapped,
} from '@asgd/core';
import type { Allocation, Heap } from './heap.ts';

/** Where a tensor's values are in the memory. */
export interface Storage {
  readonly dtype: RealDType;
  readonly address: number;
  /** In elements. */
  readonly length: number;
  /** In bytes. All of them belong to the tensor: an update may also write those after its last value. */
  readonly size: number;
  /** What to free on the heap; `null` for empty storage and for wrapped memory. */
  readonly allocation: Allocation | null;
}

/** Bytes of one element. */
export function widthOf(dtype: RealDType): number {
  return arrayType(dtype).BYTES_PER_ELEMENT;
}

/** Storages in one WebAssembly memory, and views of it. */
export class TensorMemory {
  readonly #memory: WebAssembly.Memory;
  readonly #heap: Heap;
  /** When shared memory grows, it gets a new buffer. The old ones stay valid for the bytes they cover. */
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

  /** The live values. Each call makes a new view, since growing detaches the views of memory that is not shared. */
  view({ dtype, address, length }: Storage): RealArray {
    return new (arrayType(dtype))(this.#memory.buffer, address, length);
  }

  /** A Float32Array or a Float64Array over this memory. */
  wrap(source: RealArray, dtype: RealDType | undefined): Wrapped<Storage> {
    const found = dtypeOf(source);
    if (found === undefined) {
      throw new ArgumentError(
        `wrap() was given ${describe(source)}: expected a Float32Array or a Float64Array over the backend's memory. ` +
          `Other values can be copied with parameter() or tensor().`,
      );
    }
    if (dtype !== undefined && dtype !== found) {
      throw new DTypeError(
        `wrap() was given a ${arrayType(found).name} with dtype: '${dtype}': expected a ${arrayType(dtype).name}, or ` +
          `leave dtype out.`,
      );
    }
    this.#checkBuffer(source);
    const { byteOffset: address, byteLength: size, length } = source;
    return { storage: { dtype: found, address, length, size, allocation: null }, dtype: found, length };
  }

  #checkBuffer({ buffer }: RealArray): void {
    this.#buffers.add(this.#memory.buffer);
    if (this.#buffers.has(buffer) && !isDetached(buffer)) return;
    const fault = isDetached(buffer)
      ? 'a detached array: the memory has grown since the array was made'
      : "an array outside this backend's memory";
    throw new ArgumentError(
      `wrap() was given ${fault}. Expected an array over memory.buffer, where memory is what wasm({ memory }) was ` +
        `given. Other values can be copied with parameter() or tensor().`,
    );
  }
}

function isDetached(buffer: ArrayBufferLike): boolean {
  // A memory of length 0 looks the same, but has nothing in it to wrap.
  return buffer instanceof ArrayBuffer && buffer.byteLength === 0;
}
