import { COMPUTE } from './flags.ts';

/** The source of a kernel. */
export interface Description {
  readonly label: string;
  readonly code: string;
  /** The types of the bindings in its second group, from 0 on. */
  readonly buffers: readonly GPUBufferBindingType[];
}

/** The most bytes of scalars that a kernel takes. All kernels have as many bound; a slot has 256. */
const scalarsSize = 80;

/** Compiles kernels on a device, each once for all backends on it. */
export class Pipelines {
  readonly #scalarLayout: GPUBindGroupLayout;
  readonly #device: GPUDevice;
  readonly #layouts = new Map<string, GPUBindGroupLayout>();
  readonly #compiled = new Map<string, GPUComputePipeline>();

  constructor(device: GPUDevice) {
    this.#device = device;
    this.#scalarLayout = this.#createLayout([
      { type: 'uniform', hasDynamicOffset: true, minBindingSize: scalarsSize },
    ]);
  }

  /** The first group of every kernel: its scalars, at a dynamic offset. */
  bindScalars(buffer: GPUBuffer): GPUBindGroup {
    return this.#createGroup(this.#scalarLayout, [{ buffer, size: scalarsSize }]);
  }

  /** The second group of a kernel: its buffers, with these types. */
  bind(types: readonly GPUBufferBindingType[], resources: readonly GPUBufferBinding[]): GPUBindGroup {
    return this.#createGroup(this.#layoutOf(types), resources);
  }

  /** Compiles a kernel, or returns the one that was compiled before. */
  compile({ label, code, buffers }: Description): GPUComputePipeline {
    const found = this.#compiled.get(code);
    if (found) return found;
    const device = this.#device;
    const bindGroupLayouts = [this.#scalarLayout, this.#layoutOf(buffers)];
    const pipeline = device.createComputePipeline({
      label,
      layout: device.createPipelineLayout({ bindGroupLayouts }),
      compute: { module: device.createShaderModule({ code }) },
    });
    this.#compiled.set(code, pipeline);
    return pipeline;
  }

  #layoutOf(types: readonly GPUBufferBindingType[]): GPUBindGroupLayout {
    const layout = this.#layouts.get(types.join()) ?? this.#createLayout(types.map((type) => ({ type })));
    this.#layouts.set(types.join(), layout);
    return layout;
  }

  #createGroup(layout: GPUBindGroupLayout, resources: readonly GPUBufferBinding[]): GPUBindGroup {
    const entries = resources.map((resource, binding) => ({ binding, resource }));
    return this.#device.createBindGroup({ layout, entries });
  }

  #createLayout(buffers: readonly GPUBufferBindingLayout[]): GPUBindGroupLayout {
    const entries = buffers.map((buffer, binding) => ({ binding, visibility: COMPUTE, buffer }));
    return this.#device.createBindGroupLayout({ entries });
  }
}
