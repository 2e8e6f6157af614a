import { COMPUTE } from './flags.ts';
import { boundSlots, tableBinding, updateShader, updateWords, type Variant } from './float32.ts';

export interface Compiled {
  readonly pipeline: GPUComputePipeline;
  /** Of the buffers, and of the table of tiles if there is one. */
  readonly layout: GPUBindGroupLayout;
}

/** What a kernel is compiled from, and the bindings of its second group. */
export interface Description {
  readonly code: string;
  readonly buffers: readonly (readonly [binding: number, layout: GPUBufferBindingLayout])[];
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
    return this.compileOnce(JSON.stringify(variant), 'asgd update', () => ({
      code: updateShader(variant),
      buffers: [
        ...boundSlots(variant.slots).map((slot) => [slot, { type: 'storage' }] as const),
        ...(variant.isTabled ? [[tableBinding, { type: 'read-only-storage' }] as const] : []),
      ],
    }));
  }

  /** Compiles what `describe` gives, unless that has been done under this key. */
  compileOnce(key: string, label: string, describe: () => Description): Compiled {
    const found = this.#compiled.get(key);
    if (found) return found;
    const device = this.#device;
    const { code, buffers } = describe();
    const layout = this.#createLayout(buffers);
    const pipeline = device.createComputePipeline({
      label,
      layout: device.createPipelineLayout({ bindGroupLayouts: [this.scalarLayout, layout] }),
      compute: { module: device.createShaderModule({ code }) },
    });
    const compiled = { pipeline, layout };
    this.#compiled.set(key, compiled);
    return compiled;
  }

  #createLayout(buffers: Description['buffers']): GPUBindGroupLayout {
    const entries = buffers.map(([binding, buffer]) => ({
      binding,
      visibility: COMPUTE,
      buffer,
    }));
    return this.#device.createBindGroupLayout({ entries });
  }
}
