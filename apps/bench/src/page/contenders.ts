// What a page loads: the contenders that run in a browser, to be driven from outside.

import type { Probe, Runner } from '../contender.ts';
import { pageContenders, portableContenders } from '../contenders/portable.ts';
import { blockLength, type Workload } from '../workload.ts';
import { pageWebGPU } from './webgpu.ts';

const contenders = [...portableContenders(pageWebGPU), ...pageContenders];

/** Asks every contender whether it can be measured in this browser: answers by id. */
export async function probeAll(): Promise<Readonly<Record<string, Probe>>> {
  const probes = await Promise.all(
    contenders.map(async (contender) => [contender.id, await contender.probe()] as const),
  );
  return Object.fromEntries(probes);
}

/** A contender at work in this page. Of a tensor it gives the first block: more would take long to get out. */
export async function open(id: string, workload: Workload, threads: number): Promise<Runner> {
  const contender = contenders.find((one) => one.id === id);
  if (!contender) throw new Error(`There is no contender '${id}' in the page.`);
  const runner = await contender.open(workload, threads);
  return {
    run: (steps) => runner.run(steps),
    async read(tensor) {
      const { parameter, average } = await runner.read(tensor);
      return {
        parameter: parameter.slice(0, blockLength),
        average: average && average.slice(0, blockLength),
      };
    },
    close: () => runner.close(),
  };
}
