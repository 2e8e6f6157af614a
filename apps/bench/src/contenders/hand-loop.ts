// What a competent programmer writes who needs averaged SGD, has typed arrays, and will not depend on anything:
// one loop for each case, with no state dictionary, no groups, and no checks.

// oxlint-disable typescript/no-non-null-assertion -- every index is below the length that the arrays share

import type { RealArray } from '@asgd/core';
import type { Contender, Runner } from '../contender.ts';
import { hyper, makeBlock, t0Of, tile, type Workload } from '../workload.ts';

const { fround } = Math;

/** The update of SPEC.md by hand on typed arrays, rounded where it says. */
export const handLoop: Contender = {
  id: 'hand-loop',
  label: 'hand-written loop',
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
    workload.dtype === 'float32' ? start(workload, float32) : start(workload, float64),
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

function start<Values extends RealArray>(workload: Workload, loops: Loops<Values>): Runner {
  const block = makeBlock();
  const all = Array.from({ length: workload.tensors }, () => ({
    p: tile(block.parameter, workload) as Values, // the caller pairs the loops with the dtype
    g: tile(block.gradient, workload) as Values,
    ax: tile(block.parameter, {
      ...workload,
      length: workload.phase === 'blending' ? workload.length : 0,
    }) as Values,
  }));
  const { lr, lambd, alpha } = hyper;
  const t0 = t0Of(workload);
  let step = 0;
  let eta = fround(lr);
  let mu = 1;

  const takeStep = (): void => {
    const decay = loops.round(1 - lambd * eta);
    for (const weights of all) {
      if (mu !== 1) loops.updateAndBlend(weights, decay, eta, mu);
      else {
        loops.update(weights, decay, eta);
        if (workload.phase === 'blending') weights.ax.set(weights.p);
      }
    }
    step++;
    eta = fround(lr / (1 + lambd * lr * step) ** alpha);
    mu = fround(1 / Math.max(1, step - t0));
  };

  return {
    async run(steps) {
      const begin = performance.now();
      for (let i = 0; i < steps; i++) takeStep();
      return performance.now() - begin;
    },
    async read(tensor) {
      const weights = all[tensor];
      if (!weights) throw new RangeError(`There is no tensor ${tensor}: there are ${all.length}.`);
      const { p, ax } = weights;
      return { parameter: p.slice(), average: (workload.phase === 'blending' ? ax : p).slice() };
    },
    async close() {},
  };
}
