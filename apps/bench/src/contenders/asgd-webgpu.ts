import { webgpu } from '@asgd/webgpu';
import manifest from '@asgd/webgpu/package.json' with { type: 'json' };
import { findAdapter } from '../adapter.ts';
import type { Contender, Probe } from '../contender.ts';
import { elementsOf, type Workload } from '../workload.ts';
import { asgd } from './asgd.ts';

const ours = asgd({
  id: 'asgd-webgpu',
  label: 'asgd webgpu',
  maxThreads: 1,
  peers: ['copy-shader', 'tensorflow-webgpu'],
  version: manifest.version,
  dtypes: ['float32'],
  open: () => webgpu(),
});

/** @asgd/webgpu in Node, on a device of its own. */
export const asgdWebgpu: Contender = {
  ...ours,
  probe: () => probeAdapter(manifest.version),
  declines: (workload, quick) =>
    quick && elementsOf(workload) > 2 ** 20
      ? 'on an adapter in software it takes too long for a quick run'
      : ours.declines(workload, quick),
};

const isMany = ({ tensors, dtype, phase }: Workload): boolean =>
  tensors > 1 && dtype === 'float32' && phase === 'blending';

const forMany: Contender['declines'] = (workload) =>
  isMany(workload) ? undefined : 'the budget is for a step of many tensors';

/** What a step of @asgd/webgpu keeps the calling thread from its other work. */
export const asgdWebgpuCaller: Contender = {
  ...asgd({
    id: 'asgd-webgpu-caller',
    label: 'asgd webgpu, calling thread',
    maxThreads: 1,
    peers: ['caller-budget'],
    version: manifest.version,
    dtypes: ['float32'],
    open: () => webgpu(),
    isTimedForCaller: true,
  }),
  probe: () => probeAdapter(manifest.version),
  declines: forMany,
};

/** What it may be kept, in milliseconds a step: no contender, but a clock. */
const budget = 0.3;

export const callerBudget: Contender = {
  id: 'caller-budget',
  label: `${budget} ms`,
  maxThreads: 1,
  peers: [],
  exactness: { kind: 'other', algorithm: 'a budget of time' },
  compiledLate: false,
  probe: async () => ({ available: true, version: '' }),
  declines: forMany,
  open: async () => ({
    run: async (steps) => steps * budget,
    read: async () => ({ parameter: new Float32Array(), average: null }),
    close: async () => {},
  }),
};

/** A version, with the adapter it is measured on. */
export async function probeAdapter(version: string): Promise<Probe> {
  try {
    const { name, isSoftware } = await findAdapter();
    return { available: true, version: `${version} on ${name}${isSoftware ? ' (software)' : ''}` };
  } catch (error) {
    return { available: false, reason: error instanceof Error ? error.message : String(error) };
  }
}
