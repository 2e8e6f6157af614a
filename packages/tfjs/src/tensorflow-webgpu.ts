import {
  type KernelBackend,
  type Tensor,
  tensor1d,
  tensor as tensorOf,
  zerosLike,
} from '@tensorflow/tfjs-core';
import type { Memory } from './memory.ts';

// What is private to TensorFlow.js's webgpu backend is used here only. Tried with 4.22.

/** The part of its `WebGPUBackend` that is used. */
interface GpuBackend {
  readonly device: GPUDevice;
  /** What is recorded and not submitted yet. */
  readonly commandEncoder: GPUCommandEncoder;
  /** The tensors that it uses: their buffers are not given to others before it is submitted. */
  readonly commandQueueOwnedIds: WeakSet<object>;
  /** Moves the tensor here from another backend first, if that is where it is. */
  readonly tensorMap: { get(dataId: object): TensorData };
  uploadToGPU(dataId: object): void;
  ensureCommandEncoderReady(): void;
  endComputePassEncoder(): void;
}

interface TensorData {
  /** On the host: before the upload, and after it what has been read. */
  values: unknown;
  readonly resource?: GPUBuffer;
  readonly refCount: number;
  /** Whether the buffer is the caller's. */
  readonly external?: boolean;
}

/** For `values` of what a step has written: neither what was read before stays there, nor what is being read now. */
const absent: PropertyDescriptor = { get: () => null, set() {} };

/** The tensors of TensorFlow.js's webgpu backend, or `undefined` for another backend. */
export async function openWebgpu(backend: KernelBackend): Promise<Memory | undefined> {
  const tfjs = backend as unknown as GpuBackend;
  return (await isUnderstood(tfjs)) ? memoryOf(tfjs) : undefined;
}

async function memoryOf(tfjs: GpuBackend): Promise<Memory> {
  const { webgpu } = await import('@asgd/webgpu');
  const backend = await webgpu({ device: tfjs.device });
  const used = new Set<object>();
  const dataOf = (dataId: object): TensorData => tfjs.tensorMap.get(dataId);
  const bufferOf = (dataId: object): GPUBuffer => {
    tfjs.uploadToGPU(dataId);
    return dataOf(dataId).resource as GPUBuffer; // it has one now
  };
  /** Steps go where TensorFlow.js records its own work, and are submitted together with it. */
  const encoder = {
    beginComputePass(descriptor?: GPUComputePassDescriptor): GPUComputePassEncoder {
      tfjs.ensureCommandEncoderReady();
      tfjs.endComputePassEncoder();
      for (const dataId of used) tfjs.commandQueueOwnedIds.add(dataId);
      return tfjs.commandEncoder.beginComputePass(descriptor);
    },
  };
  return {
    path: 'shared',
    backend,
    isShared: ({ dataId }) => dataOf(dataId).refCount > 1 || dataOf(dataId).external === true,
    copy: ({ dataId, shape }) => tensorOf({ buffer: bufferOf(dataId) }, shape, 'float32'),
    zerosLike,
    wrap({ dataId, size }) {
      used.add(dataId);
      return backend.wrap({ buffer: bufferOf(dataId), size: 4 * size });
    },
    run: (step) => backend.encodeStep(encoder as GPUCommandEncoder, { replay: step }),
    written({ dataId, size }: Tensor) {
      if (size > 0) Object.defineProperty(dataOf(dataId), 'values', absent);
    },
    release: () => used.clear(),
  };
}

async function isUnderstood(tfjs: Partial<GpuBackend>): Promise<boolean> {
  const { device, commandQueueOwnedIds, tensorMap } = tfjs;
  if (typeof device?.createCommandEncoder !== 'function') return false;
  if (!(commandQueueOwnedIds instanceof WeakSet) || typeof tensorMap?.get !== 'function') return false;
  const { uploadToGPU, ensureCommandEncoderReady, endComputePassEncoder } = tfjs;
  if (
    [uploadToGPU, ensureCommandEncoderReady, endComputePassEncoder].some((is) => typeof is !== 'function')
  ) {
    return false;
  }
  const probe = tensor1d([1, 2], 'float32');
  try {
    tfjs.uploadToGPU?.(probe.dataId);
    tfjs.ensureCommandEncoderReady?.();
    const { resource, refCount, values } = tensorMap.get(probe.dataId);
    if (refCount !== 1 || values !== null || !(resource instanceof GPUBuffer)) return false;
    if (resource.size !== 8 || typeof tfjs.commandEncoder?.beginComputePass !== 'function') return false;
    await probe.data(); // submits the upload
    device.queue.writeBuffer(resource, 4, Float32Array.of(3));
    tensorMap.get(probe.dataId).values = null;
    return (await probe.data()).join() === '1,3';
  } catch {
    return false;
  } finally {
    probe.dispose();
  }
}
