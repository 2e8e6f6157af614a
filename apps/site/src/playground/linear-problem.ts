import { randomFrom } from '../noisy-quadratic.ts';
import type { Problem, Score } from './problem.ts';

/** Rows of features, one after the other, and what each row's answer is: a class from 0, or a number. */
export interface Rows {
  readonly features: Float32Array;
  readonly targets: Float32Array;
}

export interface LinearData {
  readonly training: Rows;
  readonly test: Rows;
  readonly width: number;
  /** How many classes; 1 for numbers. */
  readonly outputs: number;
  readonly about: Readonly<Record<string, unknown>>;
}

const batch = 10;

/** Softmax regression for classes, least squares for numbers: `nn.Linear(width, outputs)` in PyTorch. */
export function linearProblem(data: LinearData, epochs: number): Problem {
  const { training, test, width, outputs } = data;
  const count = training.targets.length;
  const stepsPerEpoch = Math.max(1, Math.floor(count / batch));
  const next = shuffled(count);
  const scores = new Float64Array(outputs);
  return {
    parameters: [
      { name: 'weight', shape: [outputs, width], values: new Float32Array(outputs * width) },
      { name: 'bias', shape: [outputs], values: new Float32Array(outputs) },
    ],
    stepsPerEpoch,
    steps: epochs * stepsPerEpoch,
    stepsBetween: Math.max(1, Math.ceil(stepsPerEpoch / 8)),
    looksPerSecond: 15,
    writeGradients(values, [weightGradient, biasGradient]) {
      if (!weightGradient || !biasGradient) return;
      weightGradient.fill(0);
      biasGradient.fill(0);
      const size = Math.min(batch, count);
      for (let taken = 0; taken < size; taken++) {
        const row = next();
        score(values, training.features, row * width, width, scores);
        toSlopes(scores, training.targets[row] ?? 0);
        for (let output = 0; output < outputs; output++) {
          const slope = (scores[output] ?? 0) / size;
          biasGradient[output] = (biasGradient[output] ?? 0) + slope;
          const start = output * width;
          for (let column = 0; column < width; column++) {
            const value = training.features[row * width + column] ?? 0;
            weightGradient[start + column] = (weightGradient[start + column] ?? 0) + slope * value;
          }
        }
      }
    },
    evaluate: (values) => evaluate(values, test, width, scores),
    about: data.about,
  };
}

/** Writes the scores of a row, one an output. */
function score(
  [weight, bias]: readonly Float32Array[],
  features: Float32Array,
  from: number,
  width: number,
  scores: Float64Array,
): void {
  for (let output = 0; output < scores.length; output++) {
    let sum = bias?.[output] ?? 0;
    const start = output * width;
    for (let column = 0; column < width; column++) {
      sum += (weight?.[start + column] ?? 0) * (features[from + column] ?? 0);
    }
    scores[output] = sum;
  }
}

/** Turns scores into the derivatives of the loss with respect to them. */
function toSlopes(scores: Float64Array, target: number): void {
  if (scores.length === 1) {
    scores[0] = (scores[0] ?? 0) - target;
    return;
  }
  const total = toExponentials(scores);
  for (let output = 0; output < scores.length; output++) {
    scores[output] = (scores[output] ?? 0) / total - (output === target ? 1 : 0);
  }
}

/** Puts exp(score − largest) in place of each score. @returns their sum */
function toExponentials(scores: Float64Array): number {
  const largest = scores.reduce((most, value) => Math.max(most, value), -Infinity);
  let total = 0;
  for (let output = 0; output < scores.length; output++) {
    const value = Math.exp((scores[output] ?? 0) - largest);
    scores[output] = value;
    total += value;
  }
  return total;
}

function evaluate(values: readonly Float32Array[], rows: Rows, width: number, scores: Float64Array): Score {
  const count = rows.targets.length;
  let loss = 0;
  let wrong = 0;
  for (let row = 0; row < count; row++) {
    const target = rows.targets[row] ?? 0;
    score(values, rows.features, row * width, width, scores);
    if (scores.length === 1) {
      loss += ((scores[0] ?? 0) - target) ** 2 / 2;
      continue;
    }
    const largest = scores.reduce((most, value) => Math.max(most, value), -Infinity);
    if (scores.indexOf(largest) !== target) wrong++;
    const margin = (scores[target] ?? 0) - largest;
    loss += Math.log(toExponentials(scores)) - margin;
  }
  return scores.length === 1
    ? { loss: loss / count, error: Math.sqrt((2 * loss) / count) }
    : { loss: loss / count, error: wrong / count };
}

/** The numbers below a count in a new order each time through, which is the same in every run. */
function shuffled(count: number): () => number {
  const random = randomFrom(20_261_127);
  const order = Uint32Array.from({ length: count }, (_, index) => index);
  let at = count;
  return () => {
    if (at === count) {
      at = 0;
      for (let last = count - 1; last > 0; last--) {
        const other = Math.floor(random() * (last + 1));
        const kept = order[last] ?? 0;
        order[last] = order[other] ?? 0;
        order[other] = kept;
      }
    }
    return order[at++] ?? 0;
  };
}
