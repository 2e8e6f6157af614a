import * as tf from '@tensorflow/tfjs-core';
import type { Contender, Probe, Runner } from '../contender.ts';
import { elementsOf, hyper, makeBlock, sizeLabel, tile, type Workload } from '../workload.ts';

/** What tells one backend of TensorFlow.js from another. */
export interface TensorFlowBackend extends Pick<Contender, 'id' | 'label' | 'maxThreads'> {
  /** Its name in TensorFlow.js. */
  readonly backend: string;
  /** Loads it; it registers itself. */
  register(): Promise<unknown>;
  /** Resolves when everything asked for has been done, where it is done later. @param last what a step has written */
  finish?(last: tf.Variable): Promise<void>;
  /** Whether it can be measured on this machine, where that is not certain. @param version of what is measured */
  probe?(version: string): Promise<Probe>;
  /** Whether a tensor moves between the processor and where it is computed on only when it is used there. */
  readonly movesLate?: true;
  /** Elements beyond which it takes too long to be worth waiting for. */
  readonly largest: { readonly quick: number; readonly thorough: number };
}

/** An optimizer on one of its backends. */
export interface TensorFlowOptimizer<Optimizer extends tf.Optimizer = tf.Optimizer> {
  open(workload: Workload): Promise<Optimizer>;
  /** The average of a variable, from an optimizer that has one. */
  averageOf?(optimizer: Optimizer, variable: tf.Variable): tf.Tensor;
}

/** An optimizer of TensorFlow.js's own. */
interface Rival extends TensorFlowOptimizer {
  readonly name: string;
  readonly algorithm: string;
}

/**
 * TensorFlow.js has no averaged SGD. Its momentum optimizer keeps one value per parameter too, so a fused step
 * would move the bytes of a blending step of ours.
 */
const momentum: Rival = {
  name: 'momentum',
  algorithm: 'momentum, which keeps one value per parameter as averaging does',
  open: async () => tf.train.momentum(hyper.lr, hyper.momentum),
};

/** What most people train with. */
export const adam: Rival = {
  name: 'adam',
  algorithm: 'adam, which keeps two values per parameter',
  open: async () => tf.train.adam(hyper.lr),
};

/** TensorFlow.js with an optimizer of its own, by default momentum. */
export function tensorflow(on: TensorFlowBackend, rival: Rival = momentum): Contender {
  const { id, label, maxThreads, largest, probe } = on;
  return {
    id,
    label,
    maxThreads,
    peers: [],
    exactness: { kind: 'other', algorithm: rival.algorithm },
    compiledLate: true,
    probe: async () => probe?.(tf.version_core) ?? { available: true, version: tf.version_core },
    declines(workload, quick) {
      if (workload.dtype !== 'float32') return `TensorFlow.js has no ${workload.dtype}`;
      if (workload.phase !== 'blending') return `${rival.name} has no phase before averaging`;
      const limit = quick ? largest.quick : largest.thorough;
      if (elementsOf(workload) <= limit) return undefined;
      return `it is too slow for more than ${sizeLabel({ tensors: 1, length: limit })}`;
    },
    open: (workload) => openTensorFlow(on, rival, workload),
  };
}

/** Has an optimizer take steps on a backend of TensorFlow.js. */
export async function openTensorFlow<Optimizer extends tf.Optimizer>(
  { backend, register, finish, movesLate }: TensorFlowBackend,
  { open, averageOf }: TensorFlowOptimizer<Optimizer>,
  workload: Workload,
): Promise<Runner> {
  tf.env().set('PROD', true); // no checks of shapes and NaN: at its fastest, and without a greeting
  await register();
  const started = await tf.setBackend(backend);
  if (!started) throw new Error(`TensorFlow.js could not start its ${backend} backend.`);
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
  const optimizer = await open(workload);
  const step = movesLate
    ? stepWithUse(optimizer, variables, gradients)
    : () => optimizer.applyGradients(gradients);
  return {
    async run(steps) {
      const begin = performance.now();
      for (let i = 0; i < steps; i++) step();
      await finish?.(variables.at(-1) as tf.Variable); // no workload has none
      return performance.now() - begin;
    },
    async read(tensor) {
      const variable = variables[tensor];
      if (!variable) throw new RangeError(`There is no tensor ${tensor}: there are ${variables.length}.`);
      const average = averageOf?.(optimizer, variable);
      try {
        return { parameter: await valuesOf(variable), average: average ? await valuesOf(average) : null };
      } finally {
        average?.dispose();
      }
    },
    async close() {
      optimizer.dispose();
      for (const variable of variables) variable.dispose();
      for (const { tensor } of gradients) tensor.dispose();
    },
  };
}

/**
 * A step whose gradients are computed where TensorFlow.js computes, from the variables, as in training: one operation a
 * variable. Else an optimizer that works on the processor would find the gradients there, and nobody would wait for the
 * variables.
 */
function stepWithUse(
  optimizer: tf.Optimizer,
  variables: readonly tf.Variable[],
  gradients: readonly { readonly name: string; readonly tensor: tf.Tensor }[],
): () => void {
  const always = tf.tidy(() => tf.ones(variables[0]?.shape ?? [], 'bool'));
  return () =>
    tf.tidy(() =>
      optimizer.applyGradients(
        gradients.map(({ name, tensor }, index) => ({
          name,
          tensor: tf.where(always, tensor, variables[index] as tf.Variable), // there is one for each
        })),
      ),
    );
}

/** A copy: TensorFlow.js may give its own memory. */
async function valuesOf(tensor: tf.Tensor): Promise<Float32Array> {
  return Float32Array.from(await tensor.data<'float32'>());
}
