import { ArgumentError, DTypeError, OutOfMemoryError, type RealArray, type RealDType } from '@asgd/core';
import type { Fault } from './faults.ts';

/** A range of a {@link Memory}. */
export interface Range {
  readonly dtype: RealDType;
  /** In bytes. */
  readonly offset: number;
  readonly length: number;
}

const arrays = { float32: Float32Array, float64: Float64Array } as const;

/** One block of memory that grows when it is full, like WebAssembly's. Growing detaches all views. */
export class Memory {
  readonly #fault: Fault | undefined;
  #buffer = new ArrayBuffer(1024);
  #end = 0;
  /** Offsets of freed ranges, by their size. */
  readonly #free = new Map<number, number[]>();
  readonly #kept = new Map<Range, RealArray>();

  constructor(fault: Fault | undefined) {
    this.#fault = fault;
  }

  allocate(dtype: RealDType, length: number): Range {
    const bytes = sizeOf(dtype, length);
    if (bytes > 2 ** 30) throw new OutOfMemoryError(`No room for ${bytes} bytes.`);
    const freed = this.#free.get(bytes)?.pop();
    if (freed === undefined) {
      while (this.#end + bytes > this.#buffer.byteLength) this.#grow();
      this.#end += bytes;
    }
    const range = { dtype, offset: freed ?? this.#end - bytes, length };
    if (this.#fault !== 'memory-not-cleared') this.view(range).fill(0);
    return range;
  }

  free({ dtype, offset, length }: Range): void {
    const bytes = sizeOf(dtype, length);
    this.#free.set(bytes, [...(this.#free.get(bytes) ?? []), offset]);
  }

  view(range: Range): RealArray {
    const kept = this.#kept.get(range);
    if (kept && this.#fault === 'view-kept-across-growth') return kept;
    const view = new arrays[range.dtype](this.#buffer, range.offset, range.length);
    if (this.#fault === 'view-kept-across-growth') this.#kept.set(range, view);
    return view;
  }

  /** The range that a view of this memory shows. */
  rangeOf(source: RealArray, dtype: RealDType | undefined): Range {
    if (this.#fault === 'integers-wrapped' && source instanceof Int32Array) {
      return { dtype: 'float32', offset: 0, length: 0 };
    }
    if (source?.buffer !== this.#buffer) throw new ArgumentError('Not a view of this memory.');
    const found = source instanceof Float32Array ? 'float32' : 'float64';
    if (dtype !== undefined && dtype !== found) throw new DTypeError(`A view of ${found} is not ${dtype}.`);
    return { dtype: found, offset: source.byteOffset, length: source.length };
  }

  #grow(): void {
    const bytes = new Uint8Array(this.#buffer);
    const larger = new ArrayBuffer(2 * bytes.length);
    new Uint8Array(larger).set(bytes);
    structuredClone(this.#buffer, { transfer: [this.#buffer] });
    this.#buffer = larger;
  }
}

/** Ranges begin at multiples of 8 bytes, so that neighbors are as close as possible. */
function sizeOf(dtype: RealDType, length: number): number {
  return Math.ceil((length * arrays[dtype].BYTES_PER_ELEMENT) / 8) * 8;
}
