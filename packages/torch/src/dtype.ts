import { type HalfDType, narrow, widen } from './half.ts';

/** The values of a tensor. 64-bit integers are BigInt. Complex values are interleaved: re, im, re, im, … */
export type Values =
  | Float32Array
  | Float64Array
  | Int8Array
  | Int16Array
  | Int32Array
  | BigInt64Array
  | Uint8Array
  | Uint16Array
  | Uint32Array
  | BigUint64Array;

/** The array that holds the values of each dtype. */
export interface ValuesByDType {
  /** Half precision, widened. */
  readonly float16: Float32Array;
  /** Brain floating point, widened. */
  readonly bfloat16: Float32Array;
  /** Single precision. */
  readonly float32: Float32Array;
  /** Double precision. */
  readonly float64: Float64Array;
  /** Pairs in single precision. */
  readonly complex64: Float32Array;
  /** Pairs in double precision. */
  readonly complex128: Float64Array;
  /** Signed integers of 8 bits. */
  readonly int8: Int8Array;
  /** Signed integers of 16 bits. */
  readonly int16: Int16Array;
  /** Signed integers of 32 bits. */
  readonly int32: Int32Array;
  /** Signed integers of 64 bits. */
  readonly int64: BigInt64Array;
  /** Unsigned integers of 8 bits. */
  readonly uint8: Uint8Array;
  /** Unsigned integers of 16 bits. */
  readonly uint16: Uint16Array;
  /** Unsigned integers of 32 bits. */
  readonly uint32: Uint32Array;
  /** Unsigned integers of 64 bits. */
  readonly uint64: BigUint64Array;
  /** 0 and 1. */
  readonly bool: Uint8Array;
}

/** The dtype of a tensor in a checkpoint: those of PyTorch that have a counterpart here. */
export type TorchDType = keyof ValuesByDType;

/** The array type of a dtype: Float32Array also for float16 and bfloat16, Uint8Array of 0 and 1 for bool. */
export type ValuesFor<DType extends TorchDType> = ValuesByDType[DType];

interface Layout {
  /** The array that holds the values. */
  readonly Values: {
    new (buffer: ArrayBufferLike, byteOffset?: number, length?: number): Values;
    new (length: number): Values;
    readonly BYTES_PER_ELEMENT: number;
  };
  /** Bytes of one number in a file. */
  readonly width: 1 | 2 | 4 | 8;
  /** Numbers in an element. */
  readonly lanes: 1 | 2;
  /** PyTorch's class of storage; without one, the storage is untyped and the tensor names its dtype. */
  readonly storage?: string;
  /** The name in safetensors; undefined if safetensors does not have the dtype. */
  readonly safetensors?: string;
}

const layouts: Readonly<Record<TorchDType, Layout>> = {
  float16: { Values: Float32Array, width: 2, lanes: 1, storage: 'HalfStorage', safetensors: 'F16' },
  bfloat16: { Values: Float32Array, width: 2, lanes: 1, storage: 'BFloat16Storage', safetensors: 'BF16' },
  float32: { Values: Float32Array, width: 4, lanes: 1, storage: 'FloatStorage', safetensors: 'F32' },
  float64: { Values: Float64Array, width: 8, lanes: 1, storage: 'DoubleStorage', safetensors: 'F64' },
  complex64: { Values: Float32Array, width: 4, lanes: 2, storage: 'ComplexFloatStorage', safetensors: 'C64' },
  complex128: { Values: Float64Array, width: 8, lanes: 2, storage: 'ComplexDoubleStorage' },
  int8: { Values: Int8Array, width: 1, lanes: 1, storage: 'CharStorage', safetensors: 'I8' },
  int16: { Values: Int16Array, width: 2, lanes: 1, storage: 'ShortStorage', safetensors: 'I16' },
  int32: { Values: Int32Array, width: 4, lanes: 1, storage: 'IntStorage', safetensors: 'I32' },
  int64: { Values: BigInt64Array, width: 8, lanes: 1, storage: 'LongStorage', safetensors: 'I64' },
  uint8: { Values: Uint8Array, width: 1, lanes: 1, storage: 'ByteStorage', safetensors: 'U8' },
  uint16: { Values: Uint16Array, width: 2, lanes: 1, safetensors: 'U16' },
  uint32: { Values: Uint32Array, width: 4, lanes: 1, safetensors: 'U32' },
  uint64: { Values: BigUint64Array, width: 8, lanes: 1, safetensors: 'U64' },
  bool: { Values: Uint8Array, width: 1, lanes: 1, storage: 'BoolStorage', safetensors: 'BOOL' },
};

export const torchDTypes: readonly TorchDType[] = Object.keys(layouts) as TorchDType[];

export function isTorchDType(name: unknown): name is TorchDType {
  return typeof name === 'string' && Object.hasOwn(layouts, name);
}

export function layoutOf(dtype: TorchDType): Layout {
  return layouts[dtype];
}

/** Bytes that an element takes in a file. */
export function bytesPerElement(dtype: TorchDType): number {
  const { width, lanes } = layouts[dtype];
  return width * lanes;
}

/** The dtype of one of PyTorch's classes of storage, such as `FloatStorage`. */
export function dtypeOfStorage(name: string): TorchDType | undefined {
  return torchDTypes.find((dtype) => layoutOf(dtype).storage === name);
}

export function dtypeOfSafetensors(name: string): TorchDType | undefined {
  return torchDTypes.find((dtype) => layoutOf(dtype).safetensors === name);
}

const isLittleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/** The values in a file's bytes. The array uses this memory, unless the dtype is widened. */
export function decode(bytes: Uint8Array<ArrayBuffer>, dtype: TorchDType, littleEndian: boolean): Values {
  const { Values, width } = layoutOf(dtype);
  if (littleEndian !== isLittleEndian) swapBytes(bytes, width);
  if (isHalf(dtype)) return widen(new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2), dtype);
  // As in C, a bool whose byte is neither 0 nor 1 is true.
  if (dtype === 'bool') for (let i = 0; i < bytes.length; i++) if (bytes[i] !== 0) bytes[i] = 1;
  return new Values(bytes.buffer, bytes.byteOffset, bytes.length / width);
}

/** The little-endian bytes of values, for a file: their own memory if that holds the same bytes. */
export function encode(values: Values, dtype: TorchDType): Uint8Array {
  const { width } = layoutOf(dtype);
  const numbers = isHalf(dtype) ? narrow(values as Float32Array, dtype) : values;
  const bytes = new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);
  return isLittleEndian ? bytes : swapBytes(bytes.slice(), width);
}

export function isHalf(dtype: TorchDType): dtype is HalfDType {
  return dtype === 'float16' || dtype === 'bfloat16';
}

/** Whether its values are floats, real or complex: what can be averaged and trained. */
export function isFloat(dtype: TorchDType): boolean {
  return /float|complex/.test(dtype);
}

function swapBytes(bytes: Uint8Array, width: number): Uint8Array {
  if (width > 1) for (let at = 0; at < bytes.length; at += width) bytes.subarray(at, at + width).reverse();
  return bytes;
}
