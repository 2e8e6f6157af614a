import { ASGD } from '@asgd/core';
import { cpu } from '@asgd/cpu';
import { gradientAt, normalPair, type Point, quadratic, randomFrom } from './noisy-quadratic.ts';

/** One step of the run on the home page: where the weights and their average are after it. */
export interface Place {
  readonly iterate: Point;
  readonly average: Point;
}

/** Steps that leave out of the average the way from the start. */
const t0 = 20;

/** A run of averaged SGD on the noisy quadratic, with the real packages. Each call takes a step. */
export async function startRun(seed: number): Promise<{ step(): Place; close(): Promise<void> }> {
  const backend = await cpu();
  const random = randomFrom(seed);
  const weight = backend.parameter(quadratic.start);
  const gradient = backend.tensor([0, 0]);
  weight.grad = gradient;
  const optimizer = new ASGD([weight], { lr: 0.12, lambd: 0, alpha: 0, t0 });
  const pointOf = (values: ArrayLike<number>): Point => [values[0] ?? NaN, values[1] ?? NaN];
  return {
    step() {
      gradient.write(gradientAt(pointOf(weight.view()), normalPair(random)));
      optimizer.step();
      return {
        iterate: pointOf(weight.view()),
        average: pointOf(optimizer.averageOf(weight).view()),
      };
    },
    close: () => backend.close(),
  };
}
