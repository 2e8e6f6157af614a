import { COMPUTE } from './flags.ts';
import { boundSlots, tableBinding, updateShader, updateWords, type Variant } from './float32.ts';

export interface Compiled {
  readonly pipeline: GPUComputePipeline;
  /** Of the buffers, and of the table of tiles if there is one. */
  readonly layout: GPUBindGroupLayout;
}

/** What is compiled on a device, for all backends on it: every variant once. */
export class Pipelines {
  readonly scalarLayout: GPUBindGroupLayout;
  readonly #device: GPUDevice;
  readonly #compiled = new Map<string, Compiled>();

  constructor(device: GPUDevice) {
    this.#device = device;
    const minBindingSize = updateWords * 4;
    this.scalarLayout = this.#createLayout([
      [0, { type: 'uniform', hasDynamicOffset: true, minBindingSize }],
    ]);
  }

  compile(variant: Variant): Compiled {
    const key = JSON.stringify(variant);
    const compiled = this.#compiled.get(key) ?? this.#compile(variant);
    this.#compiled.set(key, compiled);
    return compiled;
  }

  #compile(variant: Variant): Compiled {
    const device = this.#device;
    const layout = this.#createLayout([
      ...boundSlots(variant.slots).map((slot) => [slot, { type: 'storage' }] as const),
      ...(variant.isTabled ? [[tableBinding, { type: 'read-only-storage' }] as const] : []),
    ]);
    const pipeline = device.createComputePipeline({
      label: 'asgd update',
      layout: device.createPipelineLayout({ bindGroupLayouts: [this.scalarLayout, layout] }),
      compute: { module: device.createShaderModule({ code: updateShader(variant) }) },
    });
    return { pipeline, layout };
  }

  #createLayout(buffers: readonly (readonly [number, GPUBufferBindingLayout])[]): GPUBindGroupLayout {
    const entries = buffers.map(([binding, buffer]) => ({
      binding,
      visibility: COMPUTE,
      buffer,
    }));
    return this.#device.createBindGroupLayout({ entries });
  }
}
