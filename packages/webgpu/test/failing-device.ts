import type { FailNext, Operation } from '@asgd/conformance';
import type { Backend, Tensor } from '@asgd/core';
import { webgpu, type WebGPUBackend } from '@asgd/webgpu';

// Makes operations of a backend fail as a device makes them fail: methods of the device are shadowed by others that
// give it work which is really invalid, or ask it for memory that it really does not have.

/** Mapping a buffer for reading: only what a read copies to has this usage. */
const MAP_READ = 0x1;

/** What the backend calls the buffers of its tensors, and the pass of a step. */
const labels = { tensors: 'asgd tensors', step: 'asgd step' } as const;

/** Decides whether an operation that comes now is the one that is to fail. */
type Countdown = Map<Operation, number>;

function isDue(countdown: Countdown, operation: Operation): boolean {
  const left = (countdown.get(operation) ?? 0) - 1;
  countdown.set(operation, left);
  return left === 0;
}

const countdowns = new WeakMap<GPUDevice, Countdown>();

/** As in the suite: the `nth` operation of a kind, from now on, fails on the device. Works on one device for all backends. */
function failOn(operation: Operation) {
  return (_: unknown, nth: number, { device }: WebGPUBackend): void => {
    const countdown = countdowns.get(device) ?? shadow(device);
    countdown.set(operation, nth);
  };
}

/** What keeps a backend's memory full. */
const fillers = new WeakMap<Backend, Tensor[]>();

/** What a small tensor takes, and a buffer that many share, in bytes. */
const granule = 256;
const shared = 4 << 20;

/**
 * Small tensors share a buffer, so most of them need nothing of the device. This leaves room for all before the `nth`:
 * that one needs another buffer, which the device cannot make.
 */
function failAllocation(backend: Backend, nth: number, { device }: WebGPUBackend): void {
  const countdown = countdowns.get(device) ?? shadow(device);
  const made: Tensor[] = [];
  const fill = (bytes: number): unknown => made.push(backend.zeros([bytes / 4]));
  // One more than the buffers that there are can hold has a new one, which is empty otherwise.
  countdown.set('allocate', -1);
  while (countdown.get('allocate') === -1) fill(granule);
  const quarter = shared / 4;
  for (let filled = 0; filled < 3; filled++) fill(quarter);
  fill(quarter - nth * granule);
  fillers.set(backend, made);
  countdown.set('allocate', 1);
}

export const failNext: FailNext<WebGPUBackend> = {
  allocate: failAllocation,
  write: failOn('write'),
  read: failOn('read'),
  copy: failOn('copy'),
  step: failOn('step'),
};

function shadow(device: GPUDevice): Countdown {
  const countdown: Countdown = new Map();
  countdowns.set(device, countdown);
  const { queue } = device;
  const createBuffer = device.createBuffer.bind(device);
  const createCommandEncoder = device.createCommandEncoder.bind(device);
  const writeBuffer = queue.writeBuffer.bind(queue);
  device.createBuffer = (descriptor) =>
    descriptor.label === labels.tensors && isDue(countdown, 'allocate')
      ? outOfMemory(device, createBuffer)
      : createBuffer(descriptor);
  queue.writeBuffer = (buffer, offset, data, ...rest) => {
    const isInvalid = buffer.label === labels.tensors && isDue(countdown, 'write');
    return writeBuffer(buffer, isInvalid ? buffer.size : offset, data, ...rest);
  };
  device.createCommandEncoder = (descriptor) => {
    const encoder = createCommandEncoder(descriptor);
    shadowEncoder(encoder, countdown);
    return encoder;
  };
  return countdown;
}

function shadowEncoder(encoder: GPUCommandEncoder, countdown: Countdown): void {
  const beginComputePass = encoder.beginComputePass.bind(encoder);
  const copyBufferToBuffer = encoder.copyBufferToBuffer.bind(encoder) as (
    ...given: CopyArguments
  ) => undefined;
  let copies = 0;
  encoder.beginComputePass = (descriptor) => {
    const pass = beginComputePass(descriptor);
    if (descriptor?.label === labels.step && isDue(countdown, 'step')) pass.popDebugGroup(); // of no group
    return pass;
  };
  // One read, and one copy, may take several copies of buffers, all in one encoder.
  const copy = (...[source, sourceOffset, target, targetOffset, size]: CopyArguments): undefined => {
    const operation = target.usage & MAP_READ ? 'read' : 'copy';
    const isInvalid = copies++ === 0 && isDue(countdown, operation);
    return copyBufferToBuffer(source, sourceOffset, target, targetOffset, isInvalid ? size + 1 : size);
  };
  encoder.copyBufferToBuffer = copy as typeof encoder.copyBufferToBuffer;
}

type CopyArguments = [
  source: GPUBuffer,
  sourceOffset: number,
  target: GPUBuffer,
  targetOffset: number,
  size: number,
];

/** A buffer that the device could not make, with the error of a device that has no memory left. */
function outOfMemory(device: GPUDevice, createBuffer: GPUDevice['createBuffer']): GPUBuffer {
  const { maxTextureDimension2D, maxTextureArrayLayers } = device.limits;
  device.createTexture({
    size: [maxTextureDimension2D, maxTextureDimension2D, maxTextureArrayLayers],
    format: 'rgba32float',
    usage: 0x1,
  });
  // It is invalid for another reason, which nobody is to hear of.
  device.pushErrorScope('validation');
  const buffer = createBuffer({ label: labels.tensors, size: 4, usage: 0 });
  void device.popErrorScope();
  return buffer;
}

/** A backend on a device of its own with room for that many bytes in one shared buffer, and a little more. */
export async function limitMemory(bytes: number): Promise<WebGPUBackend> {
  const backend = await webgpu();
  const { device } = backend;
  const createBuffer = device.createBuffer.bind(device);
  let used = 0;
  device.createBuffer = (descriptor) => {
    if (descriptor.label !== labels.tensors) return createBuffer(descriptor);
    if (used + descriptor.size > 2 * bytes) return outOfMemory(device, createBuffer);
    const buffer = createBuffer(descriptor);
    const destroy = buffer.destroy.bind(buffer);
    used += descriptor.size;
    buffer.destroy = () => {
      used -= descriptor.size;
      return destroy();
    };
    return buffer;
  };
  return backend;
}
