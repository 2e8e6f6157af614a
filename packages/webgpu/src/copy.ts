import { COPY_DST, COPY_SRC } from './flags.ts';
import type { Span } from './memory.ts';
import { submit } from './submit.ts';

/** WebGPU does not copy within one buffer. Such copies go through another buffer, this many bytes at a time. */
const scratchSize = 1 << 20;

/** Copies between ranges. */
export class Copier {
  readonly #device: GPUDevice;
  #scratch: GPUBuffer | undefined;

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
      const scratch = (this.#scratch ??= this.#createScratch());
      for (let start = 0; start < size; start += scratchSize) {
        const part = Math.min(scratchSize, size - start);
        encoder.copyBufferToBuffer(source.buffer, source.offset + start, scratch, 0, part);
        encoder.copyBufferToBuffer(scratch, 0, target.buffer, target.offset + start, part);
      }
    });
  }

  /** Sets everything in a range to 0. */
  clear({ buffer, offset, length }: Span): void {
    submit(this.#device, (encoder) => encoder.clearBuffer(buffer, offset, length * 4));
  }

  close(): void {
    this.#scratch?.destroy();
  }

  #createScratch(): GPUBuffer {
    return this.#device.createBuffer({
      size: scratchSize,
      usage: COPY_SRC | COPY_DST,
    });
  }
}
