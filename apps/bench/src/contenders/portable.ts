import type { Contender } from '../contender.ts';
import type { WebGPUHost } from '../webgpu-host.ts';
import { asgdTfjs } from './asgd-tfjs.ts';
import { asgdWasm } from './asgd-wasm.ts';
import { asgdWebgpuCaller } from './asgd-webgpu-caller.ts';
import { asgdWebgpuDevice } from './asgd-webgpu-device.ts';
import { asgdWebgpu } from './asgd-webgpu.ts';
import { copyShader, copyShaderDevice } from './copy-shader.ts';
import { onWebgl, tensorflowWebgl, tensorflowWebglAdam } from './tensorflow-webgl.ts';
import { onWebgpu, tensorflowWebgpu, tensorflowWebgpuAdam } from './tensorflow-webgpu.ts';

/** Those that run in Node and in a page alike: nothing that they import may be Node's. */
export function portableContenders(host: WebGPUHost): readonly Contender[] {
  const tensorflow = onWebgpu(host);
  return [
    asgdWasm,
    asgdWebgpu(host),
    asgdWebgpuDevice(host),
    asgdWebgpuCaller(host),
    asgdTfjs(tensorflow),
    copyShader(host),
    copyShaderDevice(host),
    tensorflowWebgpu(tensorflow),
    tensorflowWebgpuAdam(tensorflow),
  ];
}

/** Those that run in a page only. */
export const pageContenders: readonly Contender[] = [asgdTfjs(onWebgl), tensorflowWebgl, tensorflowWebglAdam];
