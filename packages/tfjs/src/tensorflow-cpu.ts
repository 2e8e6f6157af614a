import type { Parameter } from '@asgd/core';
import { cpu } from '@asgd/cpu';
import {
  type KernelBackend,
  type Tensor,
  tensor as tensorOf,
  tensor1d,
  Variable,
} from '@tensorflow/tfjs-core';
import type { Memory } from './memory.ts';

// What is private to TensorFlow.js's cpu backend is used here only. Tried with 4.22.

/** The part of its `MathBackendCPU` that is used. */
interface CpuBackend {
  /** Moves the tensor here from another backend first, if that is where it is. */
  readonly data: { get(dataId: object): { readonly values: unknown; readonly refCount: number } };
}

/** The tensors of TensorFlow.js's cpu backend, or `undefined` for another backend. */
export async function openCpu(backend: KernelBackend): Promise<Memory | undefined> {
  const { data } = backend as unknown as Partial<CpuBackend>;
  return data && isUnderstood(data) ? memoryOf(data, await cpu()) : undefined;
}

function memoryOf(data: CpuBackend['data'], backend: Awaited<ReturnType<typeof cpu>>): Memory {
  /** The arrays that steps write, wrapped: they stay from step to step, and gradients do not. */
  const wrapped = new WeakMap<Float32Array, Parameter>();
  /** Whose arrays were made here. Any other may be the caller's: `tf.tensor(array)` does not copy it. */
  const own = new WeakSet<object>();
  const make = (values: Float32Array, { shape }: Tensor): Tensor => {
    const made = tensorOf(values, shape, 'float32');
    own.add(made.dataId);
    return made;
  };
  return {
    path: 'shared',
    backend,
    isShared: ({ dataId }) => data.get(dataId).refCount > 1 || !own.has(dataId),
    copy: (tensor) => make(Float32Array.from(data.get(tensor.dataId).values as ArrayLike<number>), tensor),
    zerosLike: (tensor) => make(new Float32Array(tensor.size), tensor),
    wrap(tensor) {
      const { values } = data.get(tensor.dataId);
      // A gradient may be a plain array: kernels of other packages make them.
      if (!(values instanceof Float32Array)) return backend.wrap(Float32Array.from(values as number[]));
      const known = wrapped.get(values) ?? backend.wrap(values);
      if (tensor instanceof Variable) wrapped.set(values, known);
      return known;
    },
    run: (step) => step(),
    written() {},
    release() {},
  };
}

function isUnderstood(data: CpuBackend['data']): boolean {
  if (typeof data.get !== 'function') return false;
  const probe = tensor1d([1, 2], 'float32');
  try {
    const { values, refCount } = data.get(probe.dataId);
    if (!(values instanceof Float32Array) || refCount !== 1) return false;
    values[1] = 3;
    return probe.dataSync().join() === '1,3';
  } catch {
    return false;
  } finally {
    probe.dispose();
  }
}
