import { COMPUTE } from './flags.ts';

/** What a kernel is compiled from. */
export interface Description {
  readonly label: string;
  readonly code: string;
  /** The bindings of its second group, from 0 on. */
  readonly buffers: readonly GPUBufferBindingType[];
}

/** What any kernel is told at most, bound to all of them, in bytes; a slot has 256. */
const scalarsSize = 80;

/** What is compiled on a device, for all backends on it: every variant once. */
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

  /** The first group of every kernel: its scalars, at an offset that is told when they are set. */
  bindScalars(buffer: GPUBuffer): GPUBindGroup {
    return this.#createGroup(this.#scalarLayout, [{ buffer, size: scalarsSize }]);
  }

  /** The second group of a kernel: its buffers, of these types. */
  bind(types: readonly GPUBufferBindingType[], resources: readonly GPUBufferBinding[]): GPUBindGroup {
    return this.#createGroup(this.#layoutOf(types), resources);
  }

  /** Compiles a kernel, unless that has been done. */
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
