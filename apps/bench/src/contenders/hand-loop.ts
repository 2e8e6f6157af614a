// Averaged SGD as a competent programmer would write it first, on typed arrays and without dependencies: one loop for
// each case, with no state dictionary, no groups, and no checks.

// oxlint-disable typescript/no-non-null-assertion -- every index is below the length that the arrays share

import type { RealArray } from '@asgd/core';
import type { Contender, Runner, Snapshot } from '../contender.ts';
import { hyper, makeBlock, t0Of, tile, type Workload } from '../workload.ts';

const { fround } = Math;

/** The update of SPEC.md by hand on typed arrays, rounded where it says. */
export const handLoop: Contender = {
  id: 'hand-loop',
  label: 'the loop by hand',
  maxThreads: 1,
  peers: [],
  exactness: { kind: 'bits' },
  compiledLate: true,
  probe: async () => ({
    available: true,
    version: `Node ${process.versions.node}, V8 ${process.versions.v8}`,
  }),
  declines: () => undefined,
  open: async (workload) =>
    workload.dtype === 'float32' ? new HandLoop(workload, float32) : new HandLoop(workload, float64),
};

interface Weights<Values extends RealArray> {
  readonly p: Values;
  readonly g: Values;
  readonly ax: Values;
}

interface Loops<Values extends RealArray> {
  readonly round: (value: number) => number;
  update(weights: Weights<Values>, decay: number, eta: number): void;
  updateAndBlend(weights: Weights<Values>, decay: number, eta: number, mu: number): void;
}

const float32: Loops<Float32Array> = {
  round: fround,
  update({ p, g }, decay, eta) {
    for (let i = 0; i < p.length; i++) {
      p[i] = fround(fround(p[i]! * decay) - fround(eta * g[i]!));
    }
  },
  updateAndBlend({ p, g, ax }, decay, eta, mu) {
    for (let i = 0; i < p.length; i++) {
      const next = fround(fround(p[i]! * decay) - fround(eta * g[i]!));
      const average = ax[i]!;
      p[i] = next;
      ax[i] = fround(average + fround(fround(next - average) * mu));
    }
  },
};

const float64: Loops<Float64Array> = {
  round: (value) => value,
  update({ p, g }, decay, eta) {
    for (let i = 0; i < p.length; i++) {
      p[i] = p[i]! * decay - eta * g[i]!;
    }
  },
  updateAndBlend({ p, g, ax }, decay, eta, mu) {
    for (let i = 0; i < p.length; i++) {
      const next = p[i]! * decay - eta * g[i]!;
      const average = ax[i]!;
      p[i] = next;
      ax[i] = average + (next - average) * mu;
    }
  },
};

/** A class, since engines compile a method once for all objects, but a closure once for each time it is made. */
class HandLoop<Values extends RealArray> implements Runner {
  readonly #weights: readonly Weights<Values>[];
  readonly #loops: Loops<Values>;
  readonly #averages: boolean;
  readonly #t0: number;
  #step = 0;
  #eta: number = fround(hyper.lr);
  #mu = 1;

  constructor(workload: Workload, loops: Loops<Values>) {
    const block = makeBlock();
    this.#loops = loops;
    this.#averages = workload.phase === 'blending';
    this.#t0 = t0Of(workload);
    const make = (values: readonly number[], length = workload.length): Values[] =>
      Array.from({ length: workload.tensors }, () => tile(values, { ...workload, length }) as Values); // as its loops
    const [ps, gs] = [make(block.parameter), make(block.gradient)];
    const axs = make(block.parameter, this.#averages ? workload.length : 0);
    this.#weights = ps.map((p, tensor) => ({ p, g: gs[tensor]!, ax: axs[tensor]! }));
  }

  async run(steps: number): Promise<number> {
    const begin = performance.now();
    for (let i = 0; i < steps; i++) this.#takeStep();
    return performance.now() - begin;
  }

  async read(tensor: number): Promise<Snapshot> {
    const weights = this.#weights[tensor];
    if (!weights) throw new RangeError(`There is no tensor ${tensor}: there are ${this.#weights.length}.`);
    const { p, ax } = weights;
    return { parameter: p.slice(), average: (this.#averages ? ax : p).slice() };
  }

  async close(): Promise<void> {}

  #takeStep(): void {
    const { lr, lambd, alpha } = hyper;
    const decay = this.#loops.round(1 - lambd * this.#eta);
    for (const weights of this.#weights) {
      if (this.#mu !== 1) this.#loops.updateAndBlend(weights, decay, this.#eta, this.#mu);
      else {
        this.#loops.update(weights, decay, this.#eta);
        if (this.#averages) weights.ax.set(weights.p);
      }
    }
    this.#step++;
    this.#eta = fround(lr / (1 + lambd * lr * this.#step) ** alpha);
    this.#mu = fround(1 / Math.max(1, this.#step - this.#t0));
  }
}
