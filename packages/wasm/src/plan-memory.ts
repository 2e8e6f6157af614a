import type { HostScalars } from '@asgd/core';
import { MOST_PART_BYTES, type Part, SCALARS } from './plan.ts';

/** The place in the memory where the kernels read a part of a plan. */
export class PlanMemory {
  readonly address: number;
  readonly #memory: WebAssembly.Memory;
  #words = new Uint32Array(0);
  #doubles = new Float64Array(0);
  /** The part written last. A training loop mostly repeats it, with other scalars. */
  #part: Part | undefined;

  constructor(memory: WebAssembly.Memory, address: number) {
    this.#memory = memory;
    this.address = address;
  }

  write(part: Part, { decay, eta, mu, weightDecay, sign }: HostScalars): void {
    this.#refreshViews();
    if (this.#part !== part) this.#words.set(part.words);
    this.#part = part;
    const doubles = this.#doubles;
    doubles[SCALARS] = decay;
    doubles[SCALARS + 1] = eta;
    doubles[SCALARS + 2] = mu;
    doubles[SCALARS + 3] = weightDecay;
    doubles[SCALARS + 4] = sign;
  }

  /** Growing gives the memory another buffer. */
  #refreshViews(): void {
    const { buffer } = this.#memory;
    if (this.#words.buffer === buffer) return;
    this.#words = new Uint32Array(buffer, this.address, MOST_PART_BYTES / 4);
    this.#doubles = new Float64Array(buffer, this.address, MOST_PART_BYTES / 8);
  }
}
