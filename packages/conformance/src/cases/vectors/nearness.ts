import type { RealArray } from '@asgd/core';
import type { Requirement } from '../../compare.ts';
import type { Schedule, UpdateOptions } from '../../reference.ts';
import { ulpOf } from '../../rounding.ts';
import { raiseScale } from '../../vectors.ts';
import manifest from '../../../vectors/manifest.json' with { type: 'json' };

// The manifest's rule for schedules in tensors (tolerance.onTensors). tools/golden derives it.

/** How a backend's arithmetic differs from the recorded one. */
export interface Differences {
  /** Whether one side formed `1 - lambd * eta` in float32. */
  readonly decay: boolean;
  /** Whether roundings differ from the first update on, instead of from the first one whose `eta` differs. */
  readonly roundings: boolean;
}

/** One update: the recorded one, and the one under test. */
export interface RecordedUpdate {
  readonly gradient: RealArray;
  readonly options: UpdateOptions;
  /** The scalars that it used. */
  readonly ours: Schedule;
  readonly theirs: Schedule;
}

const singleRounding = 2 ** -24;
const roundingsPerUpdate = manifest.tolerance.ulpPerStep.may;

/**
 * How far a parameter and its average may be from the record: as far as the difference of the schedules and the
 * roundings explain.
 */
export class Nearness {
  readonly #differences: Differences;
  #recorded: RealArray;
  readonly #scale: Float64Array;
  readonly #drift: Float64Array;
  readonly #averageDrift: Float64Array;
  #updates = 0;

  constructor(initial: RealArray, differences: Differences) {
    this.#differences = differences;
    this.#recorded = initial;
    this.#scale = new Float64Array(initial.length);
    this.#drift = new Float64Array(initial.length);
    this.#averageDrift = new Float64Array(initial.length);
    raiseScale(this.#scale, initial);
  }

  /** Adds an update, and the values that were recorded after it. */
  advance({ gradient, options, ours, theirs }: RecordedUpdate, recorded: RealArray): void {
    const { lambd, weightDecay, maximize } = options;
    const etaApart = Math.abs(ours.eta - theirs.eta);
    const bounds = this.#drift.map((_, index) => this.#bound(index));
    if (this.#differences.roundings || this.#updates > 0 || etaApart > 0) this.#updates++;
    const decayApart = this.#differences.decay ? (2 + 2 * lambd * theirs.eta) * singleRounding : 0;
    const parameters = this.#recorded;
    raiseScale(this.#scale, recorded);
    this.#recorded = recorded;
    for (const [index, bound] of bounds.entries()) {
      const p = parameters[index] ?? NaN;
      const g = (maximize ? -1 : 1) * (gradient[index] ?? NaN) + weightDecay * p;
      const ofEta = etaApart * (Math.abs(lambd * p + g) + (lambd + weightDecay) * bound);
      const drift = (this.#drift[index] ?? NaN) + ofEta + decayApart * (Math.abs(p) + bound);
      this.#drift[index] = drift;
      // Parameter and average differ by at most twice the largest magnitude of either.
      const ofMu = Math.abs(ours.mu - theirs.mu) * 2 * ((this.#scale[index] ?? NaN) + drift);
      const before = this.#averageDrift[index] ?? NaN;
      this.#averageDrift[index] = (1 - theirs.mu) * before + theirs.mu * drift + ofMu;
    }
  }

  /** The requirement on the parameter. */
  ofParameter(): Requirement {
    return this.#within(this.#recorded, (index) => this.#bound(index));
  }

  /** The requirement on the average, where `recorded` is the recorded one. */
  ofAverage(recorded: RealArray): Requirement {
    const count = this.#updates === 0 ? 0 : roundingsPerUpdate * (this.#updates + 1);
    return this.#within(recorded, (index) => (this.#averageDrift[index] ?? NaN) + count * this.#ulp(index));
  }

  #bound(index: number): number {
    return (this.#drift[index] ?? NaN) + roundingsPerUpdate * this.#updates * this.#ulp(index);
  }

  #ulp(index: number): number {
    return ulpOf(dtypeOf(this.#recorded), this.#scale[index] ?? 0);
  }

  #within(recorded: RealArray, bound: (index: number) => number): Requirement {
    const expected = (index: number): number => recorded[index] ?? NaN;
    const distance = (index: number, actual: number): number => Math.abs(actual - expected(index));
    return {
      dtype: dtypeOf(recorded),
      length: recorded.length,
      expected,
      accepts: (index, actual) => distance(index, actual) <= bound(index),
      describe: (index) => `${expected(index)} ± ${bound(index)} (PyTorch's)`,
      ulp: (index, actual) => distance(index, actual) / this.#ulp(index),
    };
  }
}

function dtypeOf(values: RealArray): 'float32' | 'float64' {
  return values instanceof Float32Array ? 'float32' : 'float64';
}

/** How the recorded schedule was computed. */
export type Computed = 'as SPEC.md says' | 'from a float32 tensor' | 'from a number, capturable';

/** How far the `eta` of these options may be from the recorded one after `step` updates, in ulp of float32. */
export function etaUlp(computed: Computed, { lr, lambd, alpha }: UpdateOptions, step: number): number {
  const x = lambd * lr * step;
  const b = x / (1 + x);
  const bounds: Readonly<Record<Computed, number>> = {
    'as SPEC.md says': 0,
    'from a float32 tensor': 2 + alpha * (1 + 3 * b),
    'from a number, capturable': 4 + alpha * (1 + 2 * b),
  };
  return bounds[computed];
}
