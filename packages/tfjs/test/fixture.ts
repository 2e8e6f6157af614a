import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeEach } from 'vitest';
import { asgd, type AsgdOptimizer, type AsgdOptions } from '../src/index.ts';
import { type BackendPath, use } from './backends.ts';

/** The bits of float32 numbers, to be compared. */
export const bits = (values: ArrayLike<number>): string =>
  [...new Uint32Array(Float32Array.from(values).buffer)].join();

/** Values that no sum gives exactly. */
export const noise = (length: number, seed: number): Float32Array =>
  Float32Array.from({ length }, (_, at) => Math.sin(seed + 1.7 * at) * 10 ** (at % 4));

/** What the tests of a backend make, disposed of after each; none of them leaks. */
interface Fixture {
  variable(values: ArrayLike<number>, shape?: number[], trainable?: boolean): tf.Variable;
  open(options: AsgdOptions): Promise<AsgdOptimizer>;
  /** Takes what the test made itself. */
  keep(made: AsgdOptimizer | tf.Variable): void;
  apply(optimizer: AsgdOptimizer, gradients: Readonly<Record<string, ArrayLike<number>>>): void;
  averageOf(optimizer: AsgdOptimizer, of: tf.Variable): Float32Array;
}

export function fixture(name: BackendPath[0]): Fixture {
  const variables: tf.Variable[] = [];
  const optimizers: AsgdOptimizer[] = [];

  const variable = (values: ArrayLike<number>, shape?: number[], trainable = true): tf.Variable => {
    const initial = tf.tensor(Float32Array.from(values), shape ?? [values.length], 'float32');
    const made = tf.variable(initial, trainable);
    initial.dispose();
    variables.push(made);
    return made;
  };
  const keep = (made: AsgdOptimizer | tf.Variable): void => {
    if (made instanceof tf.Variable) variables.push(made);
    else optimizers.push(made);
  };
  const open = async (options: AsgdOptions): Promise<AsgdOptimizer> => {
    const optimizer = await asgd(options);
    keep(optimizer);
    return optimizer;
  };
  const apply = (optimizer: AsgdOptimizer, gradients: Readonly<Record<string, ArrayLike<number>>>): void => {
    const tensors = Object.entries(gradients).map(([of, values]) => ({
      name: of,
      tensor: tf.tensor(Float32Array.from(values), tf.engine().registeredVariables[of]?.shape, 'float32'),
    }));
    try {
      optimizer.applyGradients(tensors);
    } finally {
      for (const { tensor } of tensors) tensor.dispose();
    }
  };
  const averageOf = (optimizer: AsgdOptimizer, of: tf.Variable): Float32Array => {
    const average = optimizer.averageOf(of);
    const values = Float32Array.from(average.dataSync());
    average.dispose();
    return values;
  };

  let before = 0;

  beforeEach(async () => {
    await use(name);
    before = tf.memory().numTensors;
  });
  afterEach(() => {
    for (const optimizer of optimizers.splice(0)) optimizer.dispose();
    for (const one of variables.splice(0)) if (!one.isDisposed) one.dispose();
    const leaked = tf.memory().numTensors - before;
    if (leaked !== 0) throw new Error(`${leaked} tensors were leaked.`);
  });
  return { variable, open, keep, apply, averageOf };
}
