import { cpu } from '@asgd/cpu';
import manifest from '@asgd/cpu/package.json' with { type: 'json' };
import type { Contender } from '../contender.ts';
import { asgd } from './asgd.ts';

/** @asgd/cpu: one thread, both dtypes. */
export const asgdCpu: Contender = asgd({
  id: 'asgd-cpu',
  label: 'asgd cpu',
  maxThreads: 1,
  peers: ['hand-loop', 'tensorflow-cpu', 'pytorch-single', 'pytorch-foreach'],
  version: manifest.version,
  dtypes: ['float32', 'float64'],
  open: () => cpu(),
});
