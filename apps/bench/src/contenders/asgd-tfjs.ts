import { asgd } from '@asgd/tfjs';
import manifest from '@asgd/tfjs/package.json' with { type: 'json' };
import type { Contender } from '../contender.ts';
import { elementsOf, hyper, sizeLabel, t0Of } from '../workload.ts';
import { openTensorFlow, type TensorFlowBackend } from './tensorflow.ts';

/** Ours and the peer have one memory, TensorFlow.js's, and its optimizers need several times that of their state. */
const largest = 2 ** 20;

/** @asgd/tfjs as an optimizer on a backend of TensorFlow.js: variables in its memory, and `applyGradients()`. */
export function asgdTfjs(on: TensorFlowBackend): Contender {
  const place = on.id.replace('tensorflow-', '');
  const label = `asgd tfjs ${place}`;
  return {
    id: `asgd-tfjs-${place}`,
    label,
    maxThreads: on.maxThreads,
    peers: [on.id, `${on.id}-adam`],
    exactness: { kind: 'bits' },
    compiledLate: true,
    probe: async () => on.probe?.(manifest.version) ?? { available: true, version: manifest.version },
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
