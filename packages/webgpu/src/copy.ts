import { usage } from './constants.ts';
import type { Span } from './memory.ts';

/** Within one buffer values go by a detour, which WebGPU asks for, so many bytes at a time. */
const detourSize = 1 << 20;

/** Copies between ranges. */
export class Copier {
  readonly #device: GPUDevice;
  #detour: GPUBuffer | undefined;

  constructor(device: GPUDevice) {
    this.#device = device;
  }

  copy(source: Span, target: Span): void {
    const encoder = this.#device.createCommandEncoder({ label: 'asgd copy' });
    const size = source.length * 4;
    if (source.buffer !== target.buffer) {
      encoder.copyBufferToBuffer(source.buffer, source.offset, target.buffer, target.offset, size);
    } else {
      const detour = (this.#detour ??= this.#createDetour());
      for (let start = 0; start < size; start += detourSize) {
        const part = Math.min(detourSize, size - start);
        encoder.copyBufferToBuffer(source.buffer, source.offset + start, detour, 0, part);
        encoder.copyBufferToBuffer(detour, 0, target.buffer, target.offset + start, part);
      }
    }
    this.#device.queue.submit([encoder.finish()]);
  }

  /** Makes everything in a range zero. */
  clear({ buffer, offset, length }: Span): void {
    const encoder = this.#device.createCommandEncoder({ label: 'asgd clear' });
    encoder.clearBuffer(buffer, offset, length * 4);
    this.#device.queue.submit([encoder.finish()]);
  }

  close(): void {
    this.#detour?.destroy();
  }

  #createDetour(): GPUBuffer {
    return this.#device.createBuffer({
      label: 'asgd detour',
      size: detourSize,
      usage: usage.copySource | usage.copyTarget,
    });
  }
}
