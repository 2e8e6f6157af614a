import { create, globals } from 'webgpu';
import { findAdapter } from './adapter.ts';
import type { WebGPUHost } from './webgpu-host.ts';

/** All that comes from it dies with it. */
let dawn: GPU | undefined;

/** Dawn rounds the GPU's clock to 65 microseconds, so that pages cannot tell each other apart by it. */
const options = ['disable-dawn-features=timestamp_quantization'];

/** WebGPU in Node: Dawn, apart from the one that @asgd/webgpu loads. */
export const nodeWebGPU: WebGPUHost = {
  gpu() {
    Object.assign(globalThis, globals); // GPUBufferUsage and others, which Node lacks
    return (dawn ??= create([...options]));
  },
  findAdapter,
  /** TensorFlow.js looks for a browser, or a worker of one, and finds what it needs of it for as long as it looks. */
  async asBrowser(work) {
    const scope = globalThis as { WorkerGlobalScope?: unknown };
    scope.WorkerGlobalScope = Object;
    Object.defineProperty(navigator, 'gpu', { value: this.gpu(), configurable: true });
    try {
      return await work();
    } finally {
      delete scope.WorkerGlobalScope;
      Reflect.deleteProperty(navigator, 'gpu');
    }
  },
};
