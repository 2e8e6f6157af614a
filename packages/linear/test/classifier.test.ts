// oxlint-disable typescript/no-non-null-assertion -- every index is within bounds

import { describe, expect, test } from 'vitest';
import { ASGDClassifier } from '../src/index.ts';
import { labels, lists, names, sparse, targets, two, twoLabels, weightsOf } from './estimator-data.ts';

describe('ASGDClassifier', () => {
  test.each(['log', 'hinge', 'squaredHinge', 'modifiedHuber', 'softmax'] as const)(
    'learns three classes with the loss %s, better than the largest class',
    async (loss) => {
      const model = await new ASGDClassifier({ loss }).fit(sparse, labels);
      expect(model.classes).toStrictEqual(names);
      expect([model.coef.shape, model.intercept.length, model.features]).toStrictEqual([[3, 6], 3, 6]);
      expect(model.score(sparse, labels)).toBeGreaterThan(0.75);
      expect(model.predict(sparse).filter((name, row) => name === labels[row]).length / 300).toBe(
        model.score(sparse, labels),
      );
      expect(model.steps).toBe(20 * 300);
    },
  );

  test('two classes have one score, positive for the second', async () => {
    const model = await new ASGDClassifier<string>().fit(two.sparse, twoLabels);
    expect(model.coef.shape).toStrictEqual([1, 6]);
    const { data, shape } = model.decisionFunction(two.sparse);
    expect(shape).toStrictEqual([300, 1]);
    expect(model.predict(two.sparse)).toStrictEqual(
      Array.from(data, (score) => (score >= 0 ? 'spam' : 'ham')),
    );
    const softmax = await new ASGDClassifier({ loss: 'softmax' }).fit(two.sparse, twoLabels);
    expect(softmax.decisionFunction(two.sparse).shape).toStrictEqual([300, 2]);
    expect(softmax.score(two.sparse, twoLabels)).toBeGreaterThan(0.8);
  });

  test('the decision function is coef and intercept', async () => {
    const model = await new ASGDClassifier({ loss: 'softmax' }).fit(sparse, labels);
    const { data } = model.decisionFunction(lists.slice(0, 5));
    for (let row = 0; row < 5; row++) {
      for (let o = 0; o < 3; o++) {
        const weights = model.coef.data.subarray(6 * o, 6 * o + 6);
        const score = lists[row]!.reduce((sum, value, f) => sum + value * weights[f]!, model.intercept[o]!);
        expect(data[3 * row + o]).toBeCloseTo(score, 12);
      }
    }
  });

  test.each(['log', 'softmax', 'modifiedHuber'] as const)('probabilities of %s', async (loss) => {
    for (const [rows, given] of [
      [sparse, labels],
      [two.sparse, twoLabels],
    ] as const) {
      const model = await new ASGDClassifier({ loss }).fit(rows, given);
      const { data, shape } = model.predictProba(rows);
      const width = model.classes.length;
      expect(shape).toStrictEqual([300, width]);
      const predicted = model.predict(rows);
      for (let row = 0; row < 300; row++) {
        const probabilities = [...data.subarray(row * width, (row + 1) * width)];
        expect(probabilities.every((p) => p >= 0 && p <= 1)).toBe(true);
        expect(probabilities.reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 12);
        expect(Math.max(...probabilities)).toBe(probabilities[model.classes.indexOf(predicted[row]!)]);
      }
    }
  });

  test('hinge losses have no probabilities', async () => {
    const model = await new ASGDClassifier({ loss: 'hinge' }).fit(sparse, labels);
    expect(() => model.predictProba(sparse)).toThrow(
      'The loss hinge gives no probabilities: use log, softmax or modifiedHuber.',
    );
  });

  test('numbers are classes too, in the order of their size', async () => {
    const given = Array.from(targets, (target) => [10, -1, 9][target]!);
    const model = await new ASGDClassifier().fit(sparse, given);
    expect(model.classes).toStrictEqual([-1, 9, 10]);
    expect(model.score(sparse, given)).toBeGreaterThan(0.75);
  });

  test('a class weight is a weight of its rows, and balanced makes the classes count alike', async () => {
    const options = { epochs: 2, lr: 1, shuffle: false };
    const weighted = await new ASGDClassifier({ ...options, classWeight: { spam: 2.5 } }).fit(sparse, labels);
    const sampleWeight = labels.map((name) => (name === 'spam' ? 2.5 : 1));
    const sampled = await new ASGDClassifier(options).fit(sparse, labels, { sampleWeight });
    expect(weightsOf(weighted)).toStrictEqual(weightsOf(sampled));
    const balanced = await new ASGDClassifier({ ...options, classWeight: 'balanced' }).fit(sparse, labels);
    const counts = names.map((name) => labels.filter((label) => label === name).length);
    const classWeight = Object.fromEntries(names.map((name, at) => [name, 300 / (3 * counts[at]!)]));
    const alike = await new ASGDClassifier({ ...options, classWeight }).fit(sparse, labels);
    expect(weightsOf(balanced)).toStrictEqual(weightsOf(alike));
  });

  test('rows that count 0 are as good as absent', async () => {
    const options = { epochs: 1, lr: 1, shuffle: false, t0: -1, lambd: 0, alpha: 0 };
    const sampleWeight = labels.map((_, row) => Number(row < 200));
    const all = await new ASGDClassifier(options).fit(lists, labels, { sampleWeight });
    const some = await new ASGDClassifier(options).fit(lists.slice(0, 200), labels.slice(0, 200));
    expect(all.score(lists, labels)).toBeGreaterThan(0.7);
    expect(some.classes).toStrictEqual(all.classes);
    const ratio = some.coef.data[0]! / all.coef.data[0]!; // of averages of 200 iterates and of 300
    expect(ratio).not.toBe(1);
  });
});
