import { asgd } from '@asgd/tfjs';
import manifest from '@asgd/tfjs/package.json' with { type: 'json' };
import type { Contender } from '../contender.ts';
import { elementsOf, hyper, sizeLabel, t0Of } from '../workload.ts';
import { onCpu } from './tensorflow-cpu.ts';
import { onWasm } from './tensorflow-wasm.ts';
import { openTensorFlow, type TensorFlowBackend } from './tensorflow.ts';

/** Ours and the peer have one memory, TensorFlow.js's, and its optimizers need several times that of their state. */
const largest = 2 ** 20;

/** @asgd/tfjs on TensorFlow.js's cpu backend. */
export const asgdTfjsCpu: Contender = asgdTfjs(onCpu, ['tensorflow-cpu', 'tensorflow-cpu-adam']);

/** @asgd/tfjs on TensorFlow.js's wasm backend. */
export const asgdTfjsWasm: Contender = asgdTfjs(onWasm, ['tensorflow-wasm', 'tensorflow-wasm-adam']);

/** @asgd/tfjs as an optimizer of TensorFlow.js: variables in its memory, and `applyGradients()`. */
function asgdTfjs(on: TensorFlowBackend, peers: readonly string[]): Contender {
  const label = `asgd tfjs ${on.backend}`;
  return {
    id: `asgd-tfjs-${on.backend}`,
    label,
    maxThreads: on.maxThreads,
    peers,
    exactness: { kind: 'bits' },
    compiledLate: true,
    probe: async () => ({ available: true, version: manifest.version }),
    declines(workload) {
      if (workload.dtype !== 'float32') return `TensorFlow.js has no ${workload.dtype}`;
      if (workload.phase !== 'blending') return `the peers of ${label} have no phase before averaging`;
      if (elementsOf(workload) <= largest) return undefined;
      return `${label} is measured up to ${sizeLabel({ tensors: 1, length: largest })}`;
    },
    open: (workload) =>
      openTensorFlow(
        on,
        {
          open: async () => {
            const { lr, lambd, alpha } = hyper;
            return asgd({ lr, lambd, alpha, t0: t0Of(workload) });
          },
          averageOf: (optimizer, variable) => optimizer.averageOf(variable),
        },
        workload,
      ),
  };
}
