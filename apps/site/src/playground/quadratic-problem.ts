import { gradientAt, lossAt, normalPair, type Point, quadratic, randomFrom } from '../noisy-quadratic.ts';
import type { Problem } from './problem.ts';

/** The noisy quadratic of the home page, with noise that is the same in every run. */
export function quadraticProblem(): Problem {
  const random = randomFrom(20_261_127);
  const pointOf = ([x = NaN, y = NaN]: ArrayLike<number> & Iterable<number>): Point => [x, y];
  return {
    parameters: [{ name: 'weight', shape: [2], values: Float32Array.from(quadratic.start) }],
    stepsPerEpoch: 100,
    steps: 1000,
    stepsBetween: 4,
    looksPerSecond: 30,
    writeGradients([values = new Float32Array(2)], [gradient]) {
      gradient?.set(gradientAt(pointOf(values), normalPair(random)));
    },
    evaluate: ([values = new Float32Array(2)]) => ({ loss: lossAt(pointOf(values)), error: null }),
    about: { minimum: quadratic.minimum, curvature: quadratic.curvature },
  };
}
