import * as tf from '@tensorflow/tfjs-core';
import type { Contender, Runner } from '../contender.ts';
import { elementsOf, hyper, makeBlock, sizeLabel, tile, type Workload } from '../workload.ts';

/** What tells one backend of TensorFlow.js from another. */
export interface TensorFlowBackend extends Pick<Contender, 'id' | 'label' | 'maxThreads'> {
  /** Its name in TensorFlow.js. */
  readonly backend: string;
  /** Loads it; it registers itself. */
  register(): Promise<unknown>;
  /** Resolves when everything asked for has been done, where it is done later. */
  finish?(): Promise<void>;
  /** Elements beyond which it takes too long to be worth waiting for. */
  readonly largest: { readonly quick: number; readonly thorough: number };
}

/**
 * TensorFlow.js has no averaged SGD. Its momentum optimizer keeps one value per parameter too, so a fused step
 * would move the bytes of a blending step of ours.
 */
export function tensorflow({
  id,
  label,
  maxThreads,
  backend,
  register,
  finish,
  largest,
}: TensorFlowBackend): Contender {
  return {
    id,
    label,
    maxThreads,
    peers: [],
    exactness: {
      kind: 'other',
      algorithm: 'momentum, which keeps one value per parameter as averaging does',
    },
    compiledLate: true,
    probe: async () => ({ available: true, version: tf.version_core }),
    declines(workload, quick) {
      if (workload.dtype !== 'float32') return `TensorFlow.js has no ${workload.dtype}`;
      if (workload.phase !== 'blending') return 'momentum has no phase before averaging';
      const limit = quick ? largest.quick : largest.thorough;
      if (elementsOf(workload) <= limit) return undefined;
      return `it is too slow for more than ${sizeLabel({ tensors: 1, length: limit })}`;
    },
    async open(workload) {
      tf.env().set('PROD', true); // no checks of shapes and NaN: at its fastest, and without a greeting
      await register();
      const started = await tf.setBackend(backend);
      if (!started) throw new Error(`TensorFlow.js could not start its ${backend} backend.`);
      return start(workload, finish);
    },
  };
}

function start(workload: Workload, finish: TensorFlowBackend['finish']): Runner {
  const block = makeBlock();
  const tensorOf = (values: readonly number[]): tf.Tensor1D =>
    tf.tensor1d(tile(values, workload) as Float32Array); // other dtypes are declined
  const variables = Array.from({ length: workload.tensors }, () => {
    const initial = tensorOf(block.parameter);
    const variable = tf.variable(initial);
    initial.dispose();
    return variable;
  });
  const gradients = variables.map(({ name }) => ({ name, tensor: tensorOf(block.gradient) }));
  const optimizer = tf.train.momentum(hyper.lr, hyper.momentum);
  return {
    async run(steps) {
      const begin = performance.now();
      for (let i = 0; i < steps; i++) optimizer.applyGradients(gradients);
      await finish?.();
      return performance.now() - begin;
    },
    async read(tensor) {
      const values = await variables[tensor]?.data<'float32'>();
      if (!values) throw new RangeError(`There is no tensor ${tensor}: there are ${variables.length}.`);
      return { parameter: Float32Array.from(values), average: null };
    },
    async close() {
      optimizer.dispose();
      for (const variable of variables) variable.dispose();
      for (const { tensor } of gradients) tensor.dispose();
    },
  };
}
