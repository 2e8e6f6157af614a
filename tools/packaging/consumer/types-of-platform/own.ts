// A user's program in TypeScript with a device, buffers and a memory of its own. It is only type-checked, in projects
// that have the platform's types.
import { ASGD } from '@asgd/core';
import { wasm } from '@asgd/wasm';
import { webgpu } from '@asgd/webgpu';

declare const own: GPUDevice;
const backend = await webgpu({ device: own });
const device: GPUDevice = backend.device;
const buffer: GPUBuffer = device.createBuffer({ size: 4, usage: 0x8c });
const optimizer: ASGD = new ASGD([backend.wrap({ buffer })]);
const encoder: GPUCommandEncoder = device.createCommandEncoder();
const querySet: GPUQuerySet = device.createQuerySet({ type: 'timestamp', count: 2 });
const timestampWrites: GPUComputePassTimestampWrites = { querySet, beginningOfPassWriteIndex: 0 };
backend.encodeStep(encoder, optimizer, { timestampWrites });
await wasm({ memory: new WebAssembly.Memory({ initial: 1 }) });

// Had WebGPU's types not been found, nothing here would be an error.
// @ts-expect-error: not a device
await webgpu({ device: {} });
// @ts-expect-error: not a buffer
backend.wrap({ buffer: {} });
