// oxlint-disable typescript/no-non-null-assertion -- every index is within bounds

import { describe, expect, test } from 'vitest';
import { ASGDClassifier, ASGDRegressor, StandardScaler } from '../src/index.ts';
import { generator } from './examples.ts';

const random = generator(3);
const rows = Array.from({ length: 200 }, () => [1e6 + random(), 1000 * random() - 7, 1e-5 * random(), 5]);
const column = (at: number): number[] => rows.map((row) => row[at]!);

/** By the book, in two passes. */
function moments(values: readonly number[]): [mean: number, deviation: number] {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return [mean, Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length)];
}

describe('StandardScaler', () => {
  test('knows the mean and the standard deviation of each column, however far they are apart', () => {
    const scaler = new StandardScaler().fit(rows);
    for (const at of [0, 1, 2]) {
      const [mean, deviation] = moments(column(at));
      expect(Math.abs(scaler.mean[at]! / mean - 1)).toBeLessThan(1e-14);
      expect(Math.abs(scaler.scale[at]! / deviation - 1)).toBeLessThan(1e-9);
    }
  });

  test('leaves the scale of a constant column alone', () => {
    const scaler = new StandardScaler().fit(rows);
    expect([scaler.mean[3], scaler.scale[3]]).toStrictEqual([5, 1]);
    const sums = new StandardScaler().fit(Array.from({ length: 1000 }, () => [0.1]));
    expect([...sums.scale]).toStrictEqual([1]);
    expect([...new StandardScaler().fit([[3, -2]]).scale]).toStrictEqual([1, 1]);
  });

  test('brings columns to mean 0 and standard deviation 1', () => {
    const { data, shape } = new StandardScaler().fitTransform(rows);
    expect(shape).toStrictEqual([200, 4]);
    for (const at of [0, 1, 2]) {
      const [mean, deviation] = moments(rows.map((_, row) => data[4 * row + at]!));
      expect(Math.abs(mean)).toBeLessThan(1e-7);
      expect(deviation).toBeCloseTo(1, 7);
    }
    expect(rows.every((_, row) => data[4 * row + 3] === 0)).toBe(true);
  });

  test('learns in parts what it learns at once', () => {
    const parts = new StandardScaler();
    for (let at = 0; at < 200; at += 40) parts.partialFit(rows.slice(at, at + 40));
    const whole = new StandardScaler().fit(rows);
    expect([parts.mean, parts.scale]).toStrictEqual([whole.mean, whole.scale]);
  });

  test('refuses rows that are wrong, and keeps those before them in partialFit', () => {
    const scaler = new StandardScaler().fit([[1], [3]]);
    expect(() => scaler.fit([[1], [NaN]])).toThrow('Row 1, column 0 is NaN');
    expect(() => scaler.fit([])).toThrow('There are no rows');
    expect([...scaler.mean]).toStrictEqual([2]);
    expect(() => scaler.partialFit([[5], [NaN]])).toThrow('Row 1, column 0 is NaN');
    expect([...scaler.mean]).toStrictEqual([3]);
    expect(() => scaler.transform([[1, 2]])).toThrow('Row 0 has 2 values: expected 1');
    expect(() => scaler.transform([[1], [NaN]])).toThrow('Row 1, column 0 is NaN');
    expect(() => scaler.fit({ data: [1], indices: [0], indptr: [0, 1], shape: [1, 1] })).toThrow(
      'StandardScaler was given a CSR matrix: expected dense rows.',
    );
    expect(() => new StandardScaler().mean).toThrow('This StandardScaler has seen no rows');
    expect(() => new StandardScaler().transform(rows)).toThrow('This StandardScaler has seen no rows');
  });
});

describe('fold', () => {
  const scaler = new StandardScaler().fit(rows);
  const scaled = scaler.transform(rows);
  const labels = rows.map(([, second = 0, third = 0]) => (second / 1000 + third * 1e5 > 1 ? 'high' : 'low'));

  test('a folded model predicts from raw rows what the model predicts from scaled ones', async () => {
    for (const loss of ['log', 'softmax'] as const) {
      const model = await new ASGDClassifier<string>({ loss }).fit(scaled, labels);
      expect(model.score(scaled, labels)).toBeGreaterThan(0.95);
      const folded = model.fold(scaler);
      const [expected, found] = [model.decisionFunction(scaled).data, folded.decisionFunction(rows).data];
      // Columns of 1e6 with a deviation of 0.3 leave 2^-53 * 1e6 / 0.3 of a score of about 1.
      for (const [at, score] of expected.entries()) expect(Math.abs(found[at]! - score)).toBeLessThan(1e-8);
      expect(folded.predict(rows)).toStrictEqual(model.predict(scaled));
      const copy = ASGDClassifier.fromJSON<string>(JSON.stringify(folded));
      expect(copy.decisionFunction(rows).data).toStrictEqual(found);
      await expect(copy.partialFit(rows, labels)).rejects.toThrow('This model was made by fold()');
    }
  });

  test('so does a regressor', async () => {
    const targets = rows.map(([first = 0, second = 0]) => 2 * (first - 1e6) + second / 100);
    const model = await new ASGDRegressor().fit(scaled, targets);
    const folded = model.fold(scaler);
    expect(folded.score(rows, targets)).toBeGreaterThan(0.99);
    expect(folded.score(rows, targets)).toBeCloseTo(model.score(scaled, targets), 8);
    await expect(folded.partialFit(rows, targets)).rejects.toThrow('train the one it was made of');
    expect(() => model.fold(new StandardScaler().fit([[1]]))).toThrow(
      'fold() was given a scaler of 1 columns: expected 4',
    );
  });
});
