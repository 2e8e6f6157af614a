import { COPY_DST, COPY_SRC, STORAGE } from '../src/flags.ts';

/** A caller's buffer that holds these values. */
export function bufferOf(device: GPUDevice, values: ArrayLike<number>, label = ''): GPUBuffer {
  const data = Float32Array.from(values);
  const buffer = device.createBuffer({
    label,
    size: data.byteLength,
    usage: STORAGE | COPY_SRC | COPY_DST,
  });
  device.queue.writeBuffer(buffer, 0, data);
  return buffer;
}

/** The values in a caller's buffer. */
export async function contentOf(device: GPUDevice, buffer: GPUBuffer): Promise<number[]> {
  const staging = device.createBuffer({ size: buffer.size, usage: 0x1 | COPY_DST });
  const encoder = device.createCommandEncoder();
  encoder.copyBufferToBuffer(buffer, 0, staging, 0, buffer.size);
  device.queue.submit([encoder.finish()]);
  await staging.mapAsync(0x1);
  const values = [...new Float32Array(staging.getMappedRange())];
  staging.destroy();
  return values;
}
