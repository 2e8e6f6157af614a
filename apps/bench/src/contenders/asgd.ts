import { ASGD, type Backend } from '@asgd/core';
import type { Contender, Runner } from '../contender.ts';
import { hyper, makeBlock, t0Of, tile, type Workload } from '../workload.ts';

/** What tells one backend of ours from another. */
export interface Ours extends Pick<Contender, 'id' | 'label' | 'maxThreads' | 'peers'> {
  readonly version: string;
  readonly dtypes: readonly Workload['dtype'][];
  open(threads: number): Promise<Backend>;
  /** Default: from the first step until the device is done with the last. */
  readonly stopwatch?: Stopwatch;
}

/** Takes so many steps, and says how many milliseconds count. */
export type Stopwatch = (steps: number, optimizer: ASGD, backend: Backend) => Promise<number>;

const untilDone: Stopwatch = async (steps, optimizer, backend) => {
  const begin = performance.now();
  for (let i = 0; i < steps; i++) optimizer.step();
  await backend.synchronize();
  return performance.now() - begin;
};

/** A backend of ours, used as anyone would: parameters in one group, a gradient each, `optimizer.step()`. */
export function asgd(ours: Ours): Contender {
  const { id, label, maxThreads, peers, version, dtypes, open, stopwatch = untilDone } = ours;
  return {
    id,
    label,
    maxThreads,
    peers,
    exactness: { kind: 'bits' },
    compiledLate: true,
    probe: async () => ({ available: true, version }),
    declines: ({ dtype }) => (dtypes.includes(dtype) ? undefined : `${label} has no ${dtype}`),
    open: async (workload, threads) => train(await open(threads), workload, stopwatch),
  };
}

/** A backend at work on a workload. */
export function train(backend: Backend, workload: Workload, stopwatch: Stopwatch): Runner {
  const block = makeBlock();
  const { dtype, tensors } = workload;
  const parameters = Array.from({ length: tensors }, () =>
    backend.parameter(tile(block.parameter, workload), { dtype }),
  );
  for (const parameter of parameters) {
    parameter.grad = backend.tensor(tile(block.gradient, workload), { dtype });
  }
  const { lr, lambd, alpha } = hyper;
  const optimizer = new ASGD(parameters, { lr, lambd, alpha, t0: t0Of(workload) });
  return {
    run: (steps) => stopwatch(steps, optimizer, backend),
    async read(tensor) {
      const parameter = parameters[tensor];
      if (!parameter) throw new RangeError(`There is no tensor ${tensor}: there are ${tensors}.`);
      return { parameter: await parameter.read(), average: await optimizer.averageOf(parameter).read() };
    },
    async close() {
      optimizer.dispose();
      await backend.close();
    },
  };
}
