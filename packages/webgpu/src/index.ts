import {
  ArgumentError,
  type ASGD,
  type Backend,
  type CapturedStep,
  defineBackend,
  describe,
} from '@asgd/core';
import { openDevice } from './device.ts';
import { Faults } from './faults.ts';
import type { DeviceContext } from './device-context.ts';
import type { GPUCommandEncoder, GPUDevice, TimestampWrites } from './gpu-types.ts';
import { WebGPUKernels } from './kernels.ts';
import type { EncodeOptions } from './launch.ts';
import { Pipelines } from './pipelines.ts';
import { probe } from './probe.ts';
import type { BufferRange } from './wrap.ts';

export type { BufferRange, EncodeOptions, TimestampWrites };

/** Which device a backend computes on. */
export interface WebGPUOptions {
  /** The caller's own device, which `close()` leaves alone. Default: a new device, which `close()` destroys. */
  readonly device?: GPUDevice;
}

/** A backend whose tensors live on a GPU. `wrap` takes a {@link BufferRange} of the device. */
export interface WebGPUBackend extends Backend<BufferRange> {
  /** The device that it computes on: the caller’s, or its own. */
  readonly device: GPUDevice;
  /**
   * Records a step into the caller's command encoder instead of submitting it. The step is `optimizer.step()`, or the
   * `replay()` of what `optimizer.capture()` returned, and takes one compute pass. After a backward pass in the same
   * encoder, both go to the GPU in one submission. The optimizer's state advances at once, as in `step()`. The
   * parameters change when the encoder is submitted, which must happen once.
   *
   * Everything else that the backend does (reads, writes, other steps) goes to the queue when it is called. So submit
   * the encoder before anything that must come after the step, and before you dispose of a tensor that it uses. Several
   * steps may be recorded before the first is submitted.
   * @throws what `optimizer.step()` throws, in which case nothing is recorded
   */
  encodeStep(encoder: GPUCommandEncoder, step: ASGD | CapturedStep, options?: EncodeOptions): void;
}

/** All backends on a device share what is known about it and compiled on it. */
const contexts = new WeakMap<GPUDevice, Promise<DeviceContext>>();

/**
 * A backend that computes on a GPU through WebGPU, in browsers and in Node with the package `webgpu`. `step()` enqueues
 * its work. Only `read()`, `synchronize()` and `close()` wait for the device.
 * @throws UnsupportedError without WebGPU or an adapter; DeviceLostError for a device that is lost
 */
export async function webgpu(options: WebGPUOptions = {}): Promise<WebGPUBackend> {
  if (typeof options !== 'object' || options === null) {
    throw new ArgumentError(`webgpu() was given ${describe(options)}: expected options, such as { device }.`);
  }
  const { device: given } = options;
  if (given !== undefined && typeof given?.createBuffer !== 'function') {
    throw new ArgumentError(
      `webgpu() was given device: ${describe(given)}. Expected a GPUDevice, as adapter.requestDevice() resolves to.`,
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
