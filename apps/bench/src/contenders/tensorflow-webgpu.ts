import * as tf from '@tensorflow/tfjs-core';
import type { Contender } from '../contender.ts';
import { probeAdapter } from './asgd-webgpu.ts';
import { dawn, openDevice } from './copy-shader.ts';
import { tensorflow } from './tensorflow.ts';

/** The device that TensorFlow.js works on, once it does. */
let device: GPUDevice | undefined;

/** TensorFlow.js on WebGPU, in Node. */
export const tensorflowWebgpu: Contender = {
  ...tensorflow({
    id: 'tensorflow-webgpu',
    label: 'TensorFlow.js webgpu',
    maxThreads: 1,
    backend: 'webgpu',
    register,
    finish,
    largest: { quick: 2 ** 20, thorough: 2 ** 24 },
  }),
  probe: () => probeAdapter(tf.version_core),
};

/** It gathers operations, and submits what it has gathered when it likes. */
async function finish(): Promise<void> {
  const { WebGPUBackend } = await import('@tensorflow/tfjs-backend-webgpu');
  const backend = tf.backend();
  if (!(backend instanceof WebGPUBackend)) throw new Error('TensorFlow.js works on another backend.');
  backend.ensureCommandEncoderReady();
  backend.endComputePassEncoder();
  backend.submitQueue();
  await device?.queue.onSubmittedWorkDone();
}

/** It looks for a browser, or a worker of one, and finds what it needs of it for as long as it looks. */
async function register(): Promise<void> {
  if (device) return;
  const opened = await openDevice();
  ({ device } = opened);
  const scope = globalThis as { WorkerGlobalScope?: unknown };
  scope.WorkerGlobalScope = Object;
  Object.defineProperty(navigator, 'gpu', { value: dawn(), configurable: true });
  try {
    const { WebGPUBackend } = await import('@tensorflow/tfjs-backend-webgpu');
    const backend = new WebGPUBackend(opened.device, opened.info);
    tf.removeBackend('webgpu'); // which it registered itself, to open a device of its own
    tf.registerBackend('webgpu', () => backend);
  } finally {
    delete scope.WorkerGlobalScope;
    Reflect.deleteProperty(navigator, 'gpu');
  }
}
