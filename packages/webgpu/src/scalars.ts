import { COPY_DST, UNIFORM } from './flags.ts';
import type { Pipelines } from './pipelines.ts';
import { type BoundSlots, slotSize } from './plan.ts';

/** Where the scalars of one launch are. */
export interface ScalarSlots extends BoundSlots {
  readonly buffer: GPUBuffer;
}

/** How many slots are made at a time for launches that a caller submits. */
const pageSlots = 256;

/**
 * Buffers for scalars. Those of a launch on the backend's own queue may overwrite the last one's, which was
 * submitted before. Those of a launch in a caller's encoder may not: nobody knows when it is submitted, and all that
 * is written to a buffer until then would be written before it. So each of those has slots of its own, which are
 * never written again; a page of them goes when the last encoder that uses it has gone.
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

  /** For a launch that is submitted at any time. */
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
