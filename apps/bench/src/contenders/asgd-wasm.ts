import { wasm } from '@asgd/wasm';
import manifest from '@asgd/wasm/package.json' with { type: 'json' };
import type { Contender } from '../contender.ts';
import { asgd } from './asgd.ts';

/** @asgd/wasm: SIMD, on one thread and on two. */
export const asgdWasm: Contender = asgd({
  id: 'asgd-wasm',
  label: 'asgd wasm',
  maxThreads: 2,
  peers: ['tensorflow-wasm', 'pytorch-single', 'pytorch-foreach', 'plain-c'],
  version: manifest.version,
  dtypes: ['float32', 'float64'],
  open: (threads) => wasm({ threads }),
});
