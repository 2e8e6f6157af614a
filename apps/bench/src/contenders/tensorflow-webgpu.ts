import * as tf from '@tensorflow/tfjs-core';
import type { Contender } from '../contender.ts';
import { openDevice, probeAdapter, type WebGPUHost } from '../webgpu-host.ts';
import { tensorflow } from './tensorflow.ts';

/** TensorFlow.js on WebGPU. */
export function tensorflowWebgpu(host: WebGPUHost): Contender {
  /** The device that it works on, once it does. */
  let device: GPUDevice | undefined;
  return {
    ...tensorflow({
      id: 'tensorflow-webgpu',
      label: 'TensorFlow.js webgpu',
      maxThreads: 1,
      backend: 'webgpu',
      async register() {
        device ??= await register(host);
      },
      async finish() {
        await submit();
        await device?.queue.onSubmittedWorkDone();
      },
      largest: { quick: 2 ** 20, thorough: 2 ** 24 },
    }),
    probe: () => probeAdapter(host, tf.version_core),
  };
}

async function register(host: WebGPUHost): Promise<GPUDevice> {
  const { device, info } = await openDevice(host);
  await host.asBrowser(async () => {
    const { WebGPUBackend } = await import('@tensorflow/tfjs-backend-webgpu');
    const backend = new WebGPUBackend(device, info);
    tf.removeBackend('webgpu'); // which it registered itself, to open a device of its own
    tf.registerBackend('webgpu', () => backend);
  });
  return device;
}

/** It gathers operations, and submits what it has gathered when it likes. */
async function submit(): Promise<void> {
  const { WebGPUBackend } = await import('@tensorflow/tfjs-backend-webgpu');
  const backend = tf.backend();
  if (!(backend instanceof WebGPUBackend)) throw new Error('TensorFlow.js works on another backend.');
  backend.ensureCommandEncoderReady();
  backend.endComputePassEncoder();
  backend.submitQueue();
}
