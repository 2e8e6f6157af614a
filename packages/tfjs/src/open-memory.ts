import { UnsupportedError } from '@asgd/core';
import { backend as currentBackend, getBackend, type KernelBackend, ready } from '@tensorflow/tfjs-core';
import { openCopies } from './copies.ts';
import type { Memory } from './memory.ts';
import { openCpu } from './tensorflow-cpu.ts';
import { openWasm } from './tensorflow-wasm.ts';
import { openWebgpu } from './tensorflow-webgpu.ts';

/** All optimizers on a TensorFlow.js backend share its memory, for as long as it lives. */
const opening = new WeakMap<KernelBackend, Promise<Memory>>();
const opened = new WeakMap<KernelBackend, Memory>();

/** Opens what steps need on TensorFlow.js's current backend, once. */
export async function openMemory(): Promise<Memory> {
  await ready();
  const backend = currentBackend();
  const promise = opening.get(backend) ?? open(backend, getBackend());
  opening.set(backend, promise);
  try {
    const memory = await promise;
    opened.set(backend, memory);
    return memory;
  } catch (error) {
    opening.delete(backend);
    throw error;
  }
}

/** What `openMemory` has opened for TensorFlow.js's current backend. @throws UnsupportedError */
export function currentMemory(): Memory {
  const memory = opened.get(currentBackend());
  if (memory) return memory;
  throw new UnsupportedError(
    `The optimizer is not ready for TensorFlow.js's backend '${getBackend()}': call await optimizer.ready() after ` +
      `tf.setBackend() and before the first step there. asgd() and loadLayersModel() do so for the backend of that moment.`,
  );
}

async function open(backend: KernelBackend, name: string): Promise<Memory> {
  return (
    (await openCpu(backend)) ??
    (await openWasm(backend)) ??
    (await openWebgpu(backend)) ??
    openCopies(`asgd does not know how TensorFlow.js's backend '${name}' keeps its tensors.`)
  );
}
