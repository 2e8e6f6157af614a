// A user's program in TypeScript. It is only type-checked, in projects without WebGPU's types too.
import { ASGD } from '@asgd/core';
import { webgpu, type WebGPUBackend } from '@asgd/webgpu';

const backend: WebGPUBackend = await webgpu();
const { device } = backend;
export const other: WebGPUBackend = await webgpu({ device });
export const optimizer: ASGD = new ASGD([backend.parameter([1])]);

// Had the declarations come out as `any`, nothing here would be an error.
// @ts-expect-error: a device is an object
await webgpu({ device: 1 });
// @ts-expect-error: an encoder comes first
backend.encodeStep(optimizer);
