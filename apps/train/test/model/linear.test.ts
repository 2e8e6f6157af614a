import { describe, expect, test } from 'vitest';
import type { DenseRows, SparseRows } from '../../src/data/rows.ts';
import { losses } from '../../src/loss/losses.ts';
import { accumulate, score, type Linear } from '../../src/model/linear.ts';
import { Random } from '../../src/random.ts';

const features = 5;
const count = 6;
const random = new Random(23);
const draw = (): number => Math.fround(random.next() / 2 ** 31 - 1);

const labels = Float64Array.from({ length: count }, (_, row) => row % 3);
const dense: DenseRows = {
  layout: 'dense',
  first: 0,
  count,
  labels,
  width: features,
  values: Float32Array.from({ length: features * count }, () => (random.below(2) === 0 ? 0 : draw())),
};
const sparse = toSparse(dense);

function toSparse({ values, width }: DenseRows): SparseRows {
  const starts = [0];
  const kept: [index: number, value: number][] = [];
  for (let row = 0; row < count; row += 1) {
    for (let i = 0; i < width; i += 1) {
      const value = values[row * width + i] ?? 0;
      if (value !== 0) kept.push([i, value]);
    }
    starts.push(kept.length);
  }
  return {
    layout: 'sparse',
    first: 0,
    count,
    labels,
    starts: Float64Array.from(starts),
    indices: Uint32Array.from(kept, ([index]) => index),
    values: Float32Array.from(kept, ([, value]) => value),
  };
}

function model(outputs: number): { weight: Float64Array; bias: Float64Array } {
  return {
    weight: Float64Array.from({ length: features * outputs }, draw),
    bias: Float64Array.from({ length: outputs }, draw),
  };
}

describe.each([
  ['dense', dense],
  ['sparse', sparse],
])('a linear model on %s rows', (_, rows) => {
  test('scores by the definition: bias plus the sum of value times weight', () => {
    const outputs = 3;
    const { weight, bias } = model(outputs);
    const scores = new Float64Array(outputs);
    for (let row = 0; row < count; row += 1) {
      score({ weight, bias }, rows, row, scores);
      for (let o = 0; o < outputs; o += 1) {
        let expected = bias[o] ?? NaN;
        for (let f = 0; f < features; f += 1) {
          expected += (dense.values[row * features + f] ?? NaN) * (weight[f * outputs + o] ?? NaN);
        }
        expect(scores[o]).toBeCloseTo(expected, 14);
      }
    }
  });

  test.each(['log', 'hinge', 'squared', 'softmax'] as const)(
    'sums the gradient of the mean %s loss that differences in float64 show',
    (name) => {
      const loss = losses[name];
      const outputs = name === 'softmax' ? 3 : 1;
      const target = (row: number): number => (name === 'softmax' ? row % 3 : 1 - 2 * (row % 2));
      const values = model(outputs);
      const scores = new Float64Array(outputs);
      const meanLoss = (at: Linear): number => {
        let sum = 0;
        for (let row = 0; row < count; row += 1) {
          score(at, rows, row, scores);
          sum += loss.value(scores, target(row));
        }
        return sum / count;
      };

      const gradient = { weight: new Float64Array(features * outputs), bias: new Float64Array(outputs) };
      for (let row = 0; row < count; row += 1) {
        score(values, rows, row, scores);
        loss.differentiate(scores, target(row));
        accumulate(gradient, rows, row, scores, 1 / count);
      }
      const step = 1e-6;
      for (const part of ['weight', 'bias'] as const) {
        gradient[part].forEach((found, i) => {
          const at = (shift: number): number =>
            meanLoss({ ...values, [part]: values[part].with(i, (values[part][i] ?? NaN) + shift) });
          expect(found).toBeCloseTo((at(step) - at(-step)) / (2 * step), 7);
        });
      }
    },
  );
});

test('dense and sparse rows give the same bits', () => {
  const values = { weight: Float32Array.from(model(3).weight), bias: Float32Array.from(model(3).bias) };
  const [a, b] = [new Float64Array(3), new Float64Array(3)];
  for (let row = 0; row < count; row += 1) {
    score(values, dense, row, a);
    score(values, sparse, row, b);
    expect(a).toStrictEqual(b);
  }
});
