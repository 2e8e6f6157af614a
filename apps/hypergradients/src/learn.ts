import { ASGD, type Backend, type Cotangents, type Parameter } from '@asgd/core';
import { classes, features, type Images } from './digits.ts';
import { errorRate, hessianTimes, lossAndGradient, rowsIn } from './softmax.ts';

export interface Task {
  readonly training: Images;
  /** The learning rate should make the loss on these small. */
  readonly validation: Images;
  readonly batch: number;
}

export interface Run {
  readonly lr: number;
  readonly loss: number;
  readonly error: number;
  /** The derivative of the loss with respect to the logarithm of lr. */
  readonly slope: number;
}

/** Trains once through the training images, and differentiates the averaged weights' validation loss. */
export async function trainOnce(
  backend: Backend,
  { training, validation, batch }: Task,
  lr: number,
): Promise<Run> {
  const weight = backend.parameter(new Float32Array(features * classes), { shape: [features, classes] });
  const optimizer = new ASGD([weight], { lr, t0: 5, differentiable: true });
  const iterates: Float32Array[] = [];
  for (let start = 0; start + batch <= rowsIn(training); start += batch) {
    const weights = Float32Array.from(await weight.read());
    iterates.push(weights);
    weight.grad?.dispose();
    weight.grad = backend.tensor(lossAndGradient(weights, training, start, start + batch).gradient, weight);
    optimizer.step();
  }

  const average = await optimizer.averageOf(weight).read();
  const { loss, gradient } = lossAndGradient(average, validation);

  // Each step's gradient depends on the weights before it, so its cotangent times the Hessian is added to theirs.
  const throughGradient = async (
    cotangents: Cotangents,
    step: number,
  ): Promise<Map<Parameter, ReturnType<Backend['tensor']>>> => {
    const direction = (await cotangents.get(weight)?.read()) ?? [];
    const at = iterates[step] ?? [];
    const product = hessianTimes(direction, at, training, step * batch, (step + 1) * batch);
    return new Map([[weight, backend.tensor(product, weight)]]);
  };
  const seeds = { averages: new Map([[weight, backend.tensor(gradient, weight)]]) };
  const { options } = await optimizer.backward(seeds, throughGradient);

  optimizer.dispose();
  return { lr, loss, error: errorRate(average, validation), slope: lr * (options[0]?.lr ?? 0) };
}

/** Gradient descent on the logarithm of the learning rate, with one training run per iteration. */
export async function* learnLearningRate(
  backend: Backend,
  task: Task,
  start: number,
  runs: number,
): AsyncGenerator<Run> {
  let lr = start;
  for (let run = 0; run < runs; run++) {
    const result = await trainOnce(backend, task, lr);
    yield result;
    // At most a factor of e at a time: far from the optimum, the slope shows the direction, but not the distance.
    lr *= Math.exp(Math.max(-1, Math.min(1, -2 * result.slope)));
  }
}
