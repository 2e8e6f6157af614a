import { create, globals } from 'webgpu';
import type { Contender, Runner } from '../contender.ts';
import { makeBlock, trafficOf, type Workload } from '../workload.ts';
import { probeAdapter } from './asgd-webgpu.ts';

/** All that comes from it dies with it. */
let gpu: GPU | undefined;

/** Dawn, for the peers, apart from the one that @asgd/webgpu loads. */
export function dawn(): GPU {
  Object.assign(globalThis, globals); // GPUBufferUsage and others, which Node lacks
  return (gpu ??= create([]));
}

/** A device with the adapter's limits for buffers, as @asgd/webgpu asks for. */
export async function openDevice(): Promise<{ readonly device: GPUDevice; readonly info: GPUAdapterInfo }> {
  const adapter = await dawn().requestAdapter({ powerPreference: 'high-performance' });
  if (!adapter) throw new Error('WebGPU has no adapter here.');
  const { maxBufferSize, maxStorageBufferBindingSize } = adapter.limits;
  const requiredLimits = { maxBufferSize, maxStorageBufferBindingSize };
  return { device: await adapter.requestDevice({ requiredLimits }), info: adapter.info };
}

/** What the device can do with memory: a shader that copies, reading and writing as many bytes as a fused step. */
export const copyShader: Contender = {
  id: 'copy-shader',
  label: 'copy shader',
  maxThreads: 1,
  peers: [],
  exactness: { kind: 'other', algorithm: 'a copy, which moves as many bytes' },
  compiledLate: false,
  probe: () => probeAdapter('WGSL'),
  declines: () => undefined,
  open: start,
};

const workgroup = 256;

const code = `
@group(0) @binding(0) var<storage, read> source: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> destination: array<vec4f>;
@compute @workgroup_size(${workgroup}) fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let i = (group.y * groups.x + group.x) * ${workgroup} + lane;
  if (i < arrayLength(&source)) { destination[i] = source[i]; }
}`;

async function start(workload: Workload): Promise<Runner> {
  const { device } = await openDevice();
  const { STORAGE, COPY_DST, COPY_SRC, MAP_READ } = GPUBufferUsage;
  // Half of the bytes are read, and half are written; whole vectors of 16 bytes.
  const size = Math.ceil(trafficOf(workload) / 2 / 16) * 16;
  const source = device.createBuffer({ size, usage: STORAGE | COPY_DST });
  const destination = device.createBuffer({ size, usage: STORAGE | COPY_SRC });
  const block = Float32Array.from(makeBlock().parameter);
  for (let at = 0; at < size; at += block.byteLength) {
    const part = block.subarray(0, Math.min(block.byteLength, size - at) / 4);
    device.queue.writeBuffer(source, at, part);
  }
  const module = device.createShaderModule({ code });
  const pipeline = await device.createComputePipelineAsync({ layout: 'auto', compute: { module } });
  const bindGroup = device.createBindGroup({
    layout: pipeline.getBindGroupLayout(0),
    entries: [source, destination].map((buffer, binding) => ({ binding, resource: { buffer } })),
  });
  const groups = Math.ceil(size / 16 / workgroup);
  const y = Math.ceil(groups / device.limits.maxComputeWorkgroupsPerDimension);
  const step = (): void => {
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, bindGroup);
    pass.dispatchWorkgroups(Math.ceil(groups / y), y);
    pass.end();
    device.queue.submit([encoder.finish()]);
  };
  return {
    async run(steps) {
      const begin = performance.now();
      for (let i = 0; i < steps; i++) step();
      await device.queue.onSubmittedWorkDone();
      return performance.now() - begin;
    },
    async read() {
      const length = Math.min(size, block.byteLength);
      const staging = device.createBuffer({ size: length, usage: MAP_READ | COPY_DST });
      const encoder = device.createCommandEncoder();
      encoder.copyBufferToBuffer(destination, 0, staging, 0, length);
      device.queue.submit([encoder.finish()]);
      await staging.mapAsync(GPUMapMode.READ);
      const parameter = new Float32Array(staging.getMappedRange()).slice();
      staging.destroy();
      return { parameter, average: null };
    },
    async close() {
      device.destroy();
    },
  };
}
