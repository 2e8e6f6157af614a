import { bufferOf } from './buffers.ts';

/** The gradient of ½·Σ(weight − target)², computed on the device by the caller's own shader. */
export class Quadratic {
  readonly weights: GPUBuffer;
  readonly gradients: GPUBuffer;
  readonly #pipeline: GPUComputePipeline;
  readonly #bindGroup: GPUBindGroup;
  readonly #count: number;

  constructor(device: GPUDevice, start: readonly number[], target: readonly number[]) {
    this.#count = start.length;
    this.weights = bufferOf(device, start, 'weights');
    this.gradients = bufferOf(device, new Float32Array(start.length), 'gradients');
    const module = device.createShaderModule({
      code: `
        @group(0) @binding(0) var<storage, read> weights: array<f32>;
        @group(0) @binding(1) var<storage, read_write> gradients: array<f32>;
        @group(0) @binding(2) var<storage, read> targets: array<f32>;
        @compute @workgroup_size(1) fn main(@builtin(global_invocation_id) i: vec3u) {
          gradients[i.x] = weights[i.x] - targets[i.x];
        }`,
    });
    this.#pipeline = device.createComputePipeline({ layout: 'auto', compute: { module } });
    this.#bindGroup = device.createBindGroup({
      layout: this.#pipeline.getBindGroupLayout(0),
      entries: [this.weights, this.gradients, bufferOf(device, target)].map((buffer, binding) => ({
        binding,
        resource: { buffer },
      })),
    });
  }

  backward(encoder: GPUCommandEncoder): void {
    const pass = encoder.beginComputePass();
    pass.setPipeline(this.#pipeline);
    pass.setBindGroup(0, this.#bindGroup);
    pass.dispatchWorkgroups(this.#count);
    pass.end();
  }
}
