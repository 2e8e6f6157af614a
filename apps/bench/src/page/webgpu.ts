import { describeAdapter, type WebGPUHost } from '../webgpu-host.ts';

/** WebGPU in a page. */
export const pageWebGPU: WebGPUHost = {
  gpu: () => navigator.gpu,
  async findAdapter() {
    // The types promise it, but not every browser has it.
    const { gpu } = navigator as { gpu?: GPU };
    if (!gpu) throw new Error('This browser has no WebGPU: there is no navigator.gpu.');
    const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
    if (!adapter) throw new Error('WebGPU found no adapter in this browser.');
    const { vendor, architecture, description, isFallbackAdapter } = adapter.info;
    return describeAdapter({
      vendor,
      architecture,
      description,
      isFallbackAdapter,
      features: [...adapter.features],
    });
  },
  asBrowser: (work) => work(),
};
