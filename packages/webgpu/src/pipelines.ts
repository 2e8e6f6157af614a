import { COMPUTE } from './flags.ts';

export interface Compiled {
  readonly pipeline: GPUComputePipeline;
  /** Of the buffers, and of the table of tiles if there is one. */
  readonly layout: GPUBindGroupLayout;
}

/** What a kernel is compiled from. */
export interface Description {
  readonly label: string;
  readonly code: string;
  /** The bindings of its second group, from 0 on. */
  readonly buffers: readonly GPUBufferBindingType[];
}

/** What any kernel is told at most, bound to all of them, in bytes; a slot has 256. */
const scalarsSize = 64;

/** What is compiled on a device, for all backends on it: every variant once. */
export class Pipelines {
  readonly #scalarLayout: GPUBindGroupLayout;
  readonly #device: GPUDevice;
  readonly #compiled = new Map<string, Compiled>();

  constructor(device: GPUDevice) {
    this.#device = device;
    this.#scalarLayout = this.#createLayout([
      { type: 'uniform', hasDynamicOffset: true, minBindingSize: scalarsSize },
    ]);
  }

  /** The first group of every kernel: its scalars, at an offset that is told when they are set. */
  bindScalars(buffer: GPUBuffer): GPUBindGroup {
    return this.bind(this.#scalarLayout, [{ buffer, size: scalarsSize }]);
  }

  bind(layout: GPUBindGroupLayout, resources: readonly GPUBufferBinding[]): GPUBindGroup {
    const entries = resources.map((resource, binding) => ({ binding, resource }));
    return this.#device.createBindGroup({ layout, entries });
  }

  /** Compiles a kernel, unless that has been done. */
  compile({ label, code, buffers }: Description): Compiled {
    const found = this.#compiled.get(code);
    if (found) return found;
    const device = this.#device;
    const layout = this.#createLayout(buffers.map((type) => ({ type })));
    const pipeline = device.createComputePipeline({
      label,
      layout: device.createPipelineLayout({ bindGroupLayouts: [this.#scalarLayout, layout] }),
      compute: { module: device.createShaderModule({ code }) },
    });
    const compiled = { pipeline, layout };
    this.#compiled.set(code, compiled);
    return compiled;
  }

  #createLayout(buffers: readonly GPUBufferBindingLayout[]): GPUBindGroupLayout {
    const entries = buffers.map((buffer, binding) => ({ binding, visibility: COMPUTE, buffer }));
    return this.#device.createBindGroupLayout({ entries });
  }
}
