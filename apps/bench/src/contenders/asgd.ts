import { ASGD, type Backend } from '@asgd/core';
import type { Contender, Runner } from '../contender.ts';
import { hyper, makeBlock, t0Of, tile, type Workload } from '../workload.ts';

/** What tells one backend of ours from another. */
export interface Ours extends Pick<Contender, 'id' | 'label' | 'maxThreads' | 'peers'> {
  readonly version: string;
  readonly dtypes: readonly Workload['dtype'][];
  open(threads: number): Promise<Backend>;
  /** Whether only the time that `step()` keeps its caller counts, and not the device's. */
  readonly isTimedForCaller?: boolean;
}

/** A backend of ours, used as anyone would: parameters in one group, a gradient each, `optimizer.step()`. */
export function asgd(ours: Ours): Contender {
  const { id, label, maxThreads, peers, version, dtypes, open, isTimedForCaller = false } = ours;
  return {
    id,
    label,
    maxThreads,
    peers,
    exactness: { kind: 'bits' },
    compiledLate: true,
    probe: async () => ({ available: true, version }),
    declines: ({ dtype }) => (dtypes.includes(dtype) ? undefined : `${label} has no ${dtype}`),
    open: async (workload, threads) => start(await open(threads), workload, isTimedForCaller),
  };
}

async function start(backend: Backend, workload: Workload, isTimedForCaller: boolean): Promise<Runner> {
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
    async run(steps) {
      if (isTimedForCaller) return timeForCaller(steps, () => optimizer.step(), backend);
      const begin = performance.now();
      for (let i = 0; i < steps; i++) optimizer.step();
      await backend.synchronize();
      return performance.now() - begin;
    },
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

/** Waits for the device now and then, off the clock, so that `step()` never has to wait for room in its queue. */
async function timeForCaller(steps: number, step: () => void, backend: Backend): Promise<number> {
  let spent = 0;
  for (let i = 0; i < steps; i++) {
    const begin = performance.now();
    step();
    spent += performance.now() - begin;
    if (i % 8 === 7) await backend.synchronize();
  }
  await backend.synchronize();
  return spent;
}
