import type { Parameter } from '@asgd/core';
import { wasm } from '@asgd/wasm';
import { type KernelBackend, tensor1d, tensor as tensorOf, zerosLike } from '@tensorflow/tfjs-core';
import type { Memory } from './memory.ts';

// What is private to TensorFlow.js's wasm backend is used here only. Tried with 4.22: plain, SIMD, and SIMD with threads.

/** The part of its `BackendWasm` that is used. */
interface WasmBackend {
  /** The Emscripten module. */
  readonly wasm: Heap;
  /** Moves the tensor here from another backend first, if that is where it is. */
  readonly dataIdMap: { get(dataId: object): TensorData };
}

interface TensorData {
  /** What the module calls the tensor. */
  readonly id: number;
  readonly memoryOffset: number;
  readonly refCount: number;
}

interface Heap {
  readonly _malloc: (bytes: number) => number;
  readonly _free: (address: number) => void;
  readonly HEAPU8: Uint8Array;
  readonly tfjs: {
    registerTensor(id: number, size: number, address: number): void;
    disposeData(id: number): void;
  };
  /** Where the builds without threads have the memory. */
  readonly asm?: { readonly memory?: WebAssembly.Memory };
  /** Where the build with threads has it. */
  readonly wasmMemory?: WebAssembly.Memory;
}

/** The tensors of TensorFlow.js's wasm backend, or `undefined` for another backend. */
export async function openWasm(backend: KernelBackend): Promise<Memory | undefined> {
  const { wasm: heap, dataIdMap } = backend as unknown as Partial<WasmBackend>;
  const memory = heap && (heap.asm?.memory ?? heap.wasmMemory);
  if (!dataIdMap || !memory || !isUnderstood(heap, memory, dataIdMap)) return undefined;
  // Addresses above 2 GiB come as negative numbers.
  const malloc = (bytes: number): number => heap._malloc(bytes) >>> 0;
  const opened = await wasm({ memory, heap: { malloc, free: heap._free } });
  return memoryOf(memory, heap.tfjs, dataIdMap, opened);
}

/** So many tensors stay wrapped after a step, which takes some megabytes. */
const mostWrapped = 2 ** 14;

function memoryOf(
  memory: WebAssembly.Memory,
  tfjs: Heap['tfjs'],
  tensors: WasmBackend['dataIdMap'],
  backend: Awaited<ReturnType<typeof wasm>>,
): Memory {
  /** Tensors, wrapped, by address: what a step writes keeps its address, and gradients get those of earlier ones again. */
  const wrapped = new Map<number, Parameter>();
  const view = ({ dataId, size }: { readonly dataId: object; readonly size: number }): Float32Array =>
    new Float32Array(memory.buffer, tensors.get(dataId).memoryOffset, size);
  return {
    path: 'shared',
    backend,
    isShared: ({ dataId }) => tensors.get(dataId).refCount > 1,
    copy: (tensor) => tensorOf(view(tensor).slice(), tensor.shape, 'float32'),
    zerosLike,
    wrap(tensor) {
      const { memoryOffset: address } = tensors.get(tensor.dataId);
      const known = wrapped.get(address);
      if (known?.length === tensor.size) return known;
      const values = backend.wrap(view(tensor));
      wrapped.set(address, values);
      return values;
    },
    run: (step) => step(),
    // The module keeps what it has made of a matrix, packed for its products, until the tensor is disposed of. So it is
    // told that this tensor is another one. That frees no memory.
    written({ dataId, size }) {
      const { id, memoryOffset } = tensors.get(dataId);
      tfjs.disposeData(id);
      tfjs.registerTensor(id, size, memoryOffset);
    },
    release() {
      if (wrapped.size > mostWrapped) wrapped.clear();
    },
  };
}

function isUnderstood(
  { _malloc, _free, HEAPU8, tfjs }: Heap,
  memory: WebAssembly.Memory,
  tensors: WasmBackend['dataIdMap'],
): boolean {
  if (!(memory instanceof WebAssembly.Memory) || HEAPU8?.buffer !== memory.buffer) return false;
  if (typeof _malloc !== 'function' || typeof _free !== 'function') return false;
  if (typeof tfjs?.disposeData !== 'function' || typeof tfjs.registerTensor !== 'function') return false;
  const probe = tensor1d([1, 2], 'float32');
  try {
    const { memoryOffset, refCount } = tensors.get(probe.dataId);
    if (refCount !== 1) return false;
    new Float32Array(memory.buffer, memoryOffset, 2)[1] = 3;
    return probe.dataSync().join() === '1,3';
  } catch {
    return false;
  } finally {
    probe.dispose();
  }
}
