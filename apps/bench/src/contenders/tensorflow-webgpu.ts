import * as tf from '@tensorflow/tfjs-core';
import type { Contender } from '../contender.ts';
import { openDevice, probeAdapter, type WebGPUHost } from '../webgpu-host.ts';
import { adam, tensorflow, type TensorFlowBackend } from './tensorflow.ts';

/** TensorFlow.js on WebGPU. All that work in it have one device. */
export function onWebgpu(host: WebGPUHost): TensorFlowBackend {
  /** The device that it works on, once it does. */
  let device: GPUDevice | undefined;
  return {
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
    probe: (version) => probeAdapter(host, version),
    largest: { quick: 2 ** 20, thorough: 2 ** 24 },
  };
}

export function tensorflowWebgpu(on: TensorFlowBackend): Contender {
  return tensorflow(on);
}

export function tensorflowWebgpuAdam(on: TensorFlowBackend): Contender {
  return tensorflow({ ...on, id: 'tensorflow-webgpu-adam', label: 'TensorFlow.js webgpu, adam' }, adam);
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
