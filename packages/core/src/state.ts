import type { Average } from './average.ts';
import type { Tensor } from './tensor.ts';

/** What the optimizer remembers of one parameter, from its first step with a gradient (SPEC.md, State). */
export interface ParameterState {
  /** Updates made. */
  readonly step: number;
  /** The step size that the next update will use, rounded to float32. */
  readonly eta: number;
  /** The weight of the newest iterate in the next averaging, rounded to float32. */
  readonly mu: number;
  /** The average, always as it is now. It belongs to the optimizer. */
  readonly ax: Tensor;
}

export class State implements ParameterState {
  step: number;
  eta: number;
  mu: number;
  readonly average: Average;

  constructor(average: Average, eta: number, mu = 1, step = 0) {
    this.average = average;
    this.step = step;
    this.eta = eta;
    this.mu = mu;
  }

  get ax(): Tensor {
    return this.average.tensor;
  }
}
