import { describe, expect, test } from 'vitest';
import { ASGDClassifier, ASGDRegressor } from '../src/index.ts';
import { dense, labels, numbers, sparse, weightsOf } from './estimator-data.ts';

describe('toJSON and fromJSON', () => {
  test('a model predicts and goes on training as if nothing had happened', async () => {
    for (const loss of ['softmax', 'log'] as const) {
      const model = await new ASGDClassifier<string>({ loss, classWeight: { spam: 2 }, t0: 100 }).fit(
        sparse,
        labels,
      );
      const copy = ASGDClassifier.fromJSON<string>(JSON.stringify(model));
      expect(copy.options).toStrictEqual(model.options);
      expect(copy.predictProba(sparse)).toStrictEqual(model.predictProba(sparse));
      await copy.partialFit(dense, labels);
      await model.partialFit(dense, labels);
      expect(weightsOf(copy)).toStrictEqual(weightsOf(model));
      expect(copy.toJSON()).toStrictEqual(model.toJSON());
    }
    const regressor = await new ASGDRegressor({ loss: 'huber', epsilon: 0.25 }).fit(
      numbers.sparse,
      numbers.targets,
    );
    const copy = ASGDRegressor.fromJSON(structuredClone(regressor.toJSON()));
    expect(weightsOf(await copy.partialFit(numbers.sparse, numbers.targets))).toStrictEqual(
      weightsOf(await regressor.partialFit(numbers.sparse, numbers.targets)),
    );
  });

  test('what is not a model, or is damaged, is refused', async () => {
    const saved = (await new ASGDClassifier<string>().fit(sparse, labels)).toJSON();
    const wrong: [unknown, string][] = [
      ['{', 'The model is not JSON'],
      [7, 'fromJSON() was given 7: expected what toJSON() of an ASGDClassifier makes.'],
      [{ ...saved, version: 2 }, 'The model has version 2'],
      [{ ...saved, model: 'ASGDRegressor' }, "The model is of 'ASGDRegressor': expected 'ASGDClassifier'"],
      [{ ...saved, features: 0 }, 'features of the model is 0: expected a whole number from 1.'],
      [{ ...saved, features: 7 }, 'weights of the model are not 42 finite numbers'],
      [{ ...saved, classes: ['ham', 'spam'] }, 'weights of the model are not 12'],
      [{ ...saved, classes: ['ham'] }, 'The model cannot be read: classes is'],
      [{ ...saved, options: { loss: 'cubic' } }, 'The model cannot be read: Invalid loss of ASGDClassifier'],
      [{ ...saved, step: -1 }, 'step of the model is -1'],
      [
        { ...saved, factors: [1, null, 1] },
        'factors of the model is [1, null, 1]: expected three finite numbers.',
      ],
      [{ ...saved, weights: saved.weights.slice(4) }, 'weights of the model are not 36'],
      [{ ...saved, features: 2 ** 52 }, 'weights of the model are not'],
      [{ ...saved, intercepts: '!!!' }, 'intercepts of the model are not 6'],
      [{ ...saved, intercepts: undefined }, 'intercepts of the model are not 6'],
    ];
    for (const [json, message] of wrong) expect(() => ASGDClassifier.fromJSON(json)).toThrow(message);
  });
});

test.each<[object, string]>([
  [{ loss: 'squared' }, "Invalid loss of ASGDClassifier: 'squared'; expected one of 'log', 'hinge'"],
  [{ lr: -1 }, "Invalid lr of ASGDClassifier: -1; expected a finite number from 0, or 'auto'."],
  [{ batchSize: 0 }, 'Invalid batchSize of ASGDClassifier: 0; expected a whole number from 1 to 1048576.'],
  [
    { interceptStep: 2 },
    "Invalid interceptStep of ASGDClassifier: 2; expected a number from 0 to 1, or 'auto'.",
  ],
  [{ classWeight: { spam: -1 } }, 'Invalid classWeight of ASGDClassifier: an object; expected'],
  [{ penalty: 'l1' }, "Unknown option 'penalty' of ASGDClassifier: it has "],
  [{ epsilon: 1 }, "Unknown option 'epsilon' of ASGDClassifier"],
])('options %j are refused', (options, message) => {
  expect(() => new ASGDClassifier(options)).toThrow(message);
  expect(() => new ASGDRegressor(7 as never)).toThrow(
    'The options of ASGDRegressor are 7: expected an object',
  );
});
