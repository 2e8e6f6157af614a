import { COPY_DST, UNIFORM } from './flags.ts';
import type { Pipelines } from './pipelines.ts';
import { type BoundSlots, slotSize } from './plan.ts';

/** Where the scalars of a launch are. */
export interface ScalarSlots extends BoundSlots {
  readonly buffer: GPUBuffer;
}

/** How many slots a page has. */
const pageSlots = 256;

/**
 * Buffers for scalars. A launch that is submitted at once overwrites the scalars of the one before. A launch in a caller's
 * encoder cannot, because that is submitted at any time, and whatever is written to a buffer before then reaches the
 * device first. So each such launch gets slots of its own in a page, which are never written again. A page is collected
 * when no encoder uses it any more.
 */
export class ScalarPages {
  readonly #device: GPUDevice;
  readonly #pipelines: Pipelines;
  #own: ScalarSlots | undefined;
  #page: ScalarSlots | undefined;
  #used = 0;

  constructor(device: GPUDevice, pipelines: Pipelines) {
    this.#device = device;
    this.#pipelines = pipelines;
  }

  /** For a launch that is submitted at once. */
  own(size: number): ScalarSlots {
    if (!this.#own || this.#own.buffer.size < size) {
      this.#own?.buffer.destroy();
      this.#own = this.#create(size);
    }
    return this.#own;
  }

  /** For a launch that may be submitted at any time. */
  lasting(size: number): ScalarSlots {
    if (!this.#page || this.#page.buffer.size - this.#used < size) {
      this.#page = this.#create(Math.max(size, pageSlots * slotSize));
      this.#used = 0;
    }
    const offset = this.#used;
    this.#used += size;
    return { ...this.#page, offset };
  }

  close(): void {
    this.#own?.buffer.destroy();
    this.#own = undefined;
    this.#page = undefined;
  }

  #create(size: number): ScalarSlots {
    const buffer = this.#device.createBuffer({ size, usage: UNIFORM | COPY_DST });
    return { buffer, group: this.#pipelines.bindScalars(buffer), offset: 0 };
  }
}
