import { buffersOf, updateShader, updateSize, type Variant } from './float32.ts';
import { shaderStage } from './constants.ts';

/** What is compiled on a device, for all backends on it: every variant once. */
export class Pipelines {
  readonly uniformLayout: GPUBindGroupLayout;
  readonly #device: GPUDevice;
  readonly #compiled = new Map<string, GPUComputePipeline>();
  readonly #layouts = new Map<string, GPUBindGroupLayout>();

  constructor(device: GPUDevice) {
    this.#device = device;
    this.uniformLayout = device.createBindGroupLayout({
      label: 'asgd scalars',
      entries: [
        {
          binding: 0,
          visibility: shaderStage.compute,
          buffer: { type: 'uniform', hasDynamicOffset: true, minBindingSize: updateSize },
        },
      ],
    });
  }

  compile(variant: Variant): GPUComputePipeline {
    const key = JSON.stringify(variant);
    let pipeline = this.#compiled.get(key);
    if (!pipeline) {
      const code = updateShader(variant);
      const layout = this.#device.createPipelineLayout({
        bindGroupLayouts: [this.uniformLayout, this.bufferLayout(variant)],
      });
      const module = this.#device.createShaderModule({ label: 'asgd update', code });
      pipeline = this.#device.createComputePipeline({ label: 'asgd update', layout, compute: { module } });
      this.#compiled.set(key, pipeline);
    }
    return pipeline;
  }

  /** Of the buffers, and the table of tiles if there is one. */
  bufferLayout(variant: Variant): GPUBindGroupLayout {
    const count = buffersOf(variant).length;
    const key = `${count} ${variant.isTabled}`;
    let layout = this.#layouts.get(key);
    if (!layout) {
      const entry = (binding: number, type: GPUBufferBindingType): GPUBindGroupLayoutEntry => ({
        binding,
        visibility: shaderStage.compute,
        buffer: { type },
      });
      const buffers = buffersOf(variant).map((slot) => entry(slot, 'storage'));
      const table = variant.isTabled ? [entry(3, 'read-only-storage')] : [];
      layout = this.#device.createBindGroupLayout({ label: 'asgd buffers', entries: [...buffers, ...table] });
      this.#layouts.set(key, layout);
    }
    return layout;
  }
}
