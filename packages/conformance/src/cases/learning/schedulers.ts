import type { ASGD, Tensor } from '@asgd/core';

// PyTorch has these schedulers; our users write their own. One sets `paramGroups[i].lr`, or writes to its tensor.

/** PyTorch's StepLR: `lr` of every group times `gamma`, every `size` steps. */
export class StepDecay {
  readonly #optimizer: ASGD;
  readonly #size: number;
  readonly #gamma: number;
  #steps = 0;

  constructor(optimizer: ASGD, size: number, gamma: number) {
    this.#optimizer = optimizer;
    this.#size = size;
    this.#gamma = gamma;
  }

  step(): void {
    this.#steps++;
    if (this.#steps % this.#size > 0) return;
    for (const group of this.#optimizer.paramGroups) scaleLr(group, this.#gamma);
  }
}

/** PyTorch's ReduceLROnPlateau: `lr` times `factor` when the loss has not fallen `patience` times in a row. */
export class ReduceOnPlateau {
  readonly #optimizer: ASGD;
  readonly #patience: number;
  readonly #factor: number;
  #best = Infinity;
  #bad = 0;

  constructor(optimizer: ASGD, patience: number, factor: number) {
    this.#optimizer = optimizer;
    this.#patience = patience;
    this.#factor = factor;
  }

  step(loss: number): void {
    this.#bad = loss < this.#best ? 0 : this.#bad + 1;
    this.#best = Math.min(this.#best, loss);
    if (this.#bad < this.#patience) return;
    this.#bad = 0;
    for (const group of this.#optimizer.paramGroups) scaleLr(group, this.#factor);
  }
}

/** Sets a number, or writes to a tensor. The scheduler knows the last value, so it never reads the tensor. */
function scaleLr(
  group: { lr: number | Tensor; readonly extra: Record<string, unknown> },
  factor: number,
): void {
  if (typeof group.lr === 'number') {
    group.lr *= factor;
    return;
  }
  const value = Number(group.extra['lrValue']) * factor;
  group.extra['lrValue'] = value;
  group.lr.write([value]);
}
