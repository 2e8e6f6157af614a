import { COPY_DST, COPY_SRC } from './flags.ts';
import type { Span } from './memory.ts';
import { submit } from './submit.ts';

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
    const size = source.length * 4;
    submit(this.#device, (encoder) => {
      if (source.buffer !== target.buffer) {
        encoder.copyBufferToBuffer(source.buffer, source.offset, target.buffer, target.offset, size);
        return;
      }
      const detour = (this.#detour ??= this.#createDetour());
      for (let start = 0; start < size; start += detourSize) {
        const part = Math.min(detourSize, size - start);
        encoder.copyBufferToBuffer(source.buffer, source.offset + start, detour, 0, part);
        encoder.copyBufferToBuffer(detour, 0, target.buffer, target.offset + start, part);
      }
    });
  }

  /** Makes everything in a range zero. */
  clear({ buffer, offset, length }: Span): void {
    submit(this.#device, (encoder) => encoder.clearBuffer(buffer, offset, length * 4));
  }

  close(): void {
    this.#detour?.destroy();
  }

  #createDetour(): GPUBuffer {
    return this.#device.createBuffer({
      size: detourSize,
      usage: COPY_SRC | COPY_DST,
    });
  }
}
