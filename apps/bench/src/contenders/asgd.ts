import { ASGD, type Backend } from '@asgd/core';
import type { Contender, Runner } from '../contender.ts';
import { hyper, makeBlock, t0Of, tile, type Workload } from '../workload.ts';

/** What tells one backend of ours from another. */
export interface Ours extends Pick<Contender, 'id' | 'label' | 'maxThreads' | 'peers'> {
  readonly version: string;
  readonly dtypes: readonly Workload['dtype'][];
  open(threads: number): Promise<Backend>;
}

/** A backend of ours, used as anyone would: parameters in one group, a gradient each, `optimizer.step()`. */
export function asgd({ id, label, maxThreads, peers, version, dtypes, open }: Ours): Contender {
  return {
    id,
    label,
    maxThreads,
    peers,
    exactness: { kind: 'bits' },
    compiledLate: true,
    probe: async () => ({ available: true, version }),
    declines: ({ dtype }) => (dtypes.includes(dtype) ? undefined : `${label} has no ${dtype}`),
    open: async (workload, threads) => start(await open(threads), workload),
  };
}

async function start(backend: Backend, workload: Workload): Promise<Runner> {
  const block = makeBlock();
  const { dtype, tensors } = workload;
  const parameters = Array.from({ length: tensors }, () => {
    const parameter = backend.parameter(tile(block.parameter, workload), { dtype });
    parameter.grad = backend.tensor(tile(block.gradient, workload), { dtype });
    return parameter;
  });
  const { lr, lambd, alpha } = hyper;
  const optimizer = new ASGD(parameters, { lr, lambd, alpha, t0: t0Of(workload) });
  return {
    async run(steps) {
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
