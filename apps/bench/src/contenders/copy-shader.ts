import type { Contender, Runner } from '../contender.ts';
import { openDevice, probeAdapter, probeClock, type WebGPUHost } from '../webgpu-host.ts';
import { makeBlock, trafficOf, type Workload } from '../workload.ts';
import { DeviceClock } from './device-clock.ts';

const copy = {
  maxThreads: 1,
  peers: [],
  isLimit: true,
  exactness: { kind: 'other', algorithm: 'a copy, which moves as many bytes' },
  compiledLate: false,
  declines: () => undefined,
} as const;

/** What the device can do with memory: a shader that copies, reading and writing as many bytes as a fused step. */
export function copyShader(host: WebGPUHost): Contender {
  return {
    ...copy,
    id: 'copy-shader',
    label: 'copy shader',
    probe: () => probeAdapter(host, 'WGSL'),
    async open(workload) {
      const { device } = await openDevice(host);
      return start(device, workload, async (steps, record) => {
        const begin = performance.now();
        for (let i = 0; i < steps; i++) {
          const encoder = device.createCommandEncoder();
          record(encoder);
          device.queue.submit([encoder.finish()]);
        }
        await device.queue.onSubmittedWorkDone();
        return performance.now() - begin;
      });
    },
  };
}

/** The same by the GPU's own clock. */
export function copyShaderDevice(host: WebGPUHost): Contender {
  return {
    ...copy,
    id: 'copy-shader-device',
    label: 'copy shader, GPU’s clock',
    probe: () => probeClock(host, 'WGSL'),
    async open(workload) {
      const { device } = await openDevice(host, ['timestamp-query']);
      const clock = new DeviceClock(device);
      return start(device, workload, (steps, record) => clock.time(steps, record));
    },
  };
}

/** Records a copy into an encoder. */
type RecordCopy = (encoder: GPUCommandEncoder, timestampWrites?: GPUComputePassTimestampWrites) => void;

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

async function start(
  device: GPUDevice,
  workload: Workload,
  time: (steps: number, record: RecordCopy) => Promise<number>,
): Promise<Runner> {
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
  const record: RecordCopy = (encoder, timestampWrites) => {
    const pass = encoder.beginComputePass(timestampWrites && { timestampWrites });
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, bindGroup);
    pass.dispatchWorkgroups(Math.ceil(groups / y), y);
    pass.end();
  };
  return {
    run: (steps) => time(steps, record),
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
