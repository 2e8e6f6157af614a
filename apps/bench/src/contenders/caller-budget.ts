import type { Contender } from '../contender.ts';
import type { Workload } from '../workload.ts';

/** How long a step may keep its caller, in milliseconds. */
const budget = 0.3;

const isMany = ({ tensors, dtype, phase }: Workload): boolean =>
  tensors > 1 && dtype === 'float32' && phase === 'blending';

/** A limit of time in the form of a contender. */
export const callerBudget: Contender = {
  id: 'caller-budget',
  label: `${budget} ms`,
  maxThreads: 1,
  peers: [],
  isLimit: true,
  exactness: { kind: 'other', algorithm: 'a budget of time' },
  compiledLate: false,
  probe: async () => ({ available: true, version: 'a budget' }),
  declines: (workload) => (isMany(workload) ? undefined : 'the budget is for a step of many tensors'),
  open: async () => ({
    run: async (steps) => steps * budget,
    read: async () => ({ parameter: new Float32Array(), average: null }),
    close: async () => {},
  }),
};
