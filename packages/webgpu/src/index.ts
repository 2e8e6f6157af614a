import { ArgumentError, type ASGD, type Backend, type CapturedStep, defineBackend } from '@asgd/core';
import { openDevice } from './device.ts';
import { Faults } from './faults.ts';
import type { DeviceContext } from './device-context.ts';
import { WebGPUKernels } from './kernels.ts';
import type { EncodeOptions } from './launch.ts';
import { Pipelines } from './pipelines.ts';
import { probe } from './probe.ts';
import type { BufferRange } from './wrap.ts';

export type { BufferRange, EncodeOptions };

export interface WebGPUOptions {
  /** A device of the caller's, who destroys it. Default: one of the backend's own, destroyed by `close()`. */
  readonly device?: GPUDevice;
}

/** A backend whose tensors live on a GPU. `wrap` takes a {@link BufferRange} of the device. */
export interface WebGPUBackend extends Backend<BufferRange> {
  readonly device: GPUDevice;
  /**
   * Records `optimizer.step()`, or the `replay()` of a step that `optimizer.capture()` gave, into a command encoder of the caller's instead of the queue, as one compute pass: after
   * a backward pass in the same encoder, both go in one submission. The optimizer's state advances at once, as in
   * `step()`; the parameters do when the encoder is submitted, and once.
   *
   * Everything else that the backend does (reads, writes, other steps) goes to the queue when it is called. So submit
   * the encoder before what must come after the step, and before disposing of what it uses. Several steps may be
   * recorded before they are submitted.
   * @throws what `optimizer.step()` throws, in which case nothing is recorded
   */
  encodeStep(encoder: GPUCommandEncoder, step: ASGD | CapturedStep, options?: EncodeOptions): void;
}

/** What is found out about a device, and compiled on it, serves every backend on it. */
const contexts = new WeakMap<GPUDevice, Promise<DeviceContext>>();

/**
 * A backend that computes on a GPU through WebGPU: in browsers, and in Node with the package `webgpu`. Steps are
 * enqueued; nothing waits for the device but `read()` and `synchronize()`.
 * @throws UnsupportedError without WebGPU or an adapter; DeviceLostError for a device that is lost
 */
export async function webgpu(options: WebGPUOptions = {}): Promise<WebGPUBackend> {
  if (typeof options !== 'object' || options === null) {
    throw new ArgumentError(`webgpu() was given ${String(options)}: expected options, such as { device }.`);
  }
  const { device: given } = options;
  if (given !== undefined && typeof given?.createBuffer !== 'function') {
    throw new ArgumentError(
      'The option `device` is no GPUDevice: give what adapter.requestDevice() resolves to.',
    );
  }
  const device = given ?? (await openDevice());
  const faults = new Faults(device);
  try {
    const context = { ...(await contextOf(device, faults)), faults };
    await faults.report();
    const kernels = new WebGPUKernels(context, given === undefined);
    const backend = defineBackend(kernels);
    const encodeStep = kernels.launcher.encodeStep.bind(kernels.launcher);
    return Object.assign(backend, { device, encodeStep });
  } catch (error) {
    if (!given) device.destroy();
    throw error;
  }
}

async function contextOf(device: GPUDevice, faults: Faults): Promise<DeviceContext> {
  let context = contexts.get(device);
  if (!context) {
    context = examine(device, faults);
    contexts.set(device, context);
    context.catch(() => contexts.delete(device));
  }
  return context;
}

async function examine(device: GPUDevice, faults: Faults): Promise<DeviceContext> {
  const { result: pipelines } = faults.watch('Preparing', () => new Pipelines(device));
  const { maxStorageBufferBindingSize } = device.limits;
  const windowSize = maxStorageBufferBindingSize - (maxStorageBufferBindingSize % 256);
  const context = { device, faults, pipelines, windowSize };
  const rounding = await probe((isGuarded) => {
    const assumed = { contraction: 'may', subnormals: 'flush', isGuarded } as const;
    return new WebGPUKernels({ ...context, rounding: assumed }, false);
  });
  return { ...context, rounding };
}
