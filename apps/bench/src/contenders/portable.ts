import type { Contender } from '../contender.ts';
import type { WebGPUHost } from '../webgpu-host.ts';
import { asgdWasm } from './asgd-wasm.ts';
import { asgdWebgpuCaller } from './asgd-webgpu-caller.ts';
import { asgdWebgpuDevice } from './asgd-webgpu-device.ts';
import { asgdWebgpu } from './asgd-webgpu.ts';
import { copyShader, copyShaderDevice } from './copy-shader.ts';
import { tensorflowWebgpu } from './tensorflow-webgpu.ts';

/** Those that run in Node and in a page alike: nothing that they import may be Node's. */
export function portableContenders(host: WebGPUHost): readonly Contender[] {
  return [
    asgdWasm,
    asgdWebgpu(host),
    asgdWebgpuDevice(host),
    asgdWebgpuCaller(host),
    copyShader(host),
    copyShaderDevice(host),
    tensorflowWebgpu(host),
  ];
}
