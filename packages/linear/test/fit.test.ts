// oxlint-disable typescript/no-non-null-assertion -- every index is within bounds

import { AsgdError } from '@asgd/core';
import { describe, expect, test } from 'vitest';
import {
  ASGDClassifier,
  ASGDRegressor,
  type DataError,
  DivergedError,
  type Epoch,
  type Label,
  type Rows,
} from '../src/index.ts';
import {
  dense,
  labels,
  lists,
  makeData,
  names,
  numbers,
  sparse,
  streamOf,
  two,
  twoLabels,
  weightsOf,
} from './estimator-data.ts';

describe('fit', () => {
  test('gives the same for lists, dense matrices and streams of them, and for sparse rows with the same intercept step', async () => {
    const fit = async (rows: Rows): Promise<number[]> =>
      weightsOf(await new ASGDClassifier({ lr: 1, epochs: 3 }).fit(rows, labels));
    const expected = await fit(lists);
    expect(await fit(dense)).toStrictEqual(expected);
    const chunks = [
      [0, 1],
      [1, 100],
      [100, 100],
      [100, 300],
    ].map(([from, to]) => ({ rows: lists.slice(from, to), labels: labels.slice(from, to) }));
    const streamed = await new ASGDClassifier({ lr: 1, epochs: 3 }).fit(streamOf<Label>(...chunks));
    expect(weightsOf(streamed)).toStrictEqual(expected);
    const sparsely = await new ASGDClassifier({ lr: 1, epochs: 3, interceptStep: 1 }).fit(sparse, labels);
    expect(weightsOf(sparsely)).toStrictEqual(expected); // with several scores a row, zeros are passed over
  });

  test('gives the bits of sparse rows for dense ones that are mostly zeros', async () => {
    const few = makeData({ nonZeros: 2, features: 9 });
    const given = Array.from(few.targets, (target) => names[target]!);
    const [densely, sparsely] = await Promise.all(
      [few.dense, few.sparse].map((rows) =>
        new ASGDClassifier({ loss: 'softmax', lr: 1, interceptStep: 1 }).fit(rows, given),
      ),
    );
    expect(weightsOf(densely!)).toStrictEqual(weightsOf(sparsely!));
    expect(densely!.score(few.dense, given)).toBeGreaterThan(0.6);
  });

  test('starts from the beginning each time, and gives the same each time', async () => {
    const model = await new ASGDClassifier().fit(sparse, labels);
    const first = weightsOf(model);
    await model.fit(two.sparse, twoLabels);
    expect(model.classes).toStrictEqual(['ham', 'spam']);
    expect(weightsOf(await model.fit(sparse, labels))).toStrictEqual(first);
    expect(weightsOf(await new ASGDClassifier({ seed: 1 }).fit(sparse, labels))).not.toStrictEqual(first);
  });

  test('gives the same bits in TypeScript and in WebAssembly', async () => {
    for (const rows of [sparse, dense]) {
      const [wasm, typescript] = await Promise.all(
        (['wasm', 'typescript'] as const).map((kernels) =>
          new ASGDClassifier({ kernels, loss: 'softmax' }).fit(rows, labels),
        ),
      );
      expect(weightsOf(wasm!)).toStrictEqual(weightsOf(typescript!));
    }
  });

  test('does not change what it is given', async () => {
    const copy = structuredClone({ sparse, dense, labels });
    await new ASGDClassifier().fit(sparse, labels);
    await new ASGDClassifier().fit(dense, labels);
    expect({ sparse, dense, labels }).toStrictEqual(copy);
  });

  test('reports each epoch', async () => {
    const epochs: Epoch[] = [];
    await new ASGDClassifier({ epochs: 3, batchSize: 7, onEpoch: (epoch) => epochs.push(epoch) }).fit(
      sparse,
      labels,
    );
    expect(epochs.map(({ epoch, steps }) => [epoch, steps])).toStrictEqual([
      [1, 43],
      [2, 86],
      [3, 129],
    ]);
    expect(epochs[0]!.trainLoss).toBeGreaterThan(epochs[2]!.trainLoss);
    expect(Object.keys(epochs[0]!)).toStrictEqual(['epoch', 'steps', 'trainLoss']);
  });

  test('stops early, with the weights of the best epoch', async () => {
    const epochs: Epoch[] = [];
    const options = {
      earlyStopping: true,
      validationFraction: 0.3,
      epochs: 500,
      patience: 3,
      tolerance: 0,
      lr: 20,
      lambd: 0,
    } as const;
    const model = await new ASGDClassifier({ ...options, onEpoch: (epoch) => epochs.push(epoch) }).fit(
      sparse,
      labels,
    );
    expect(epochs.length).toBeLessThan(500);
    const losses = epochs.map(({ validationLoss }) => validationLoss!);
    const best = losses.indexOf(Math.min(...losses));
    expect(best).toBe(epochs.length - 1 - 3);
    expect(model.steps).toBe(epochs[best]!.steps);
    expect(model.steps).toBe((best + 1) * 210);
    const shorter = await new ASGDClassifier({ ...options, t0: 210, epochs: best + 1 }).fit(sparse, labels);
    expect(weightsOf(shorter)).toStrictEqual(weightsOf(model));
  });

  test('averages from the second epoch on, or from the middle of the only one', async () => {
    const fit = async (t0: number | 'auto', epochs: number): Promise<number[]> =>
      weightsOf(await new ASGDClassifier({ t0, epochs, lr: 1 }).fit(sparse, labels));
    expect(await fit('auto', 2)).toStrictEqual(await fit(300, 2));
    expect(await fit('auto', 1)).toStrictEqual(await fit(150, 1));
    expect(await fit('auto', 1)).not.toStrictEqual(await fit(151, 1));
  });

  test('a step size by the rows: 1 / (L * R)', async () => {
    const rows = [
      [3, 0],
      [0, 4],
    ];
    const lrOf = async (model: ASGDRegressor): Promise<number> => (await model.fit(rows, [1, 2])).lr;
    expect(await lrOf(new ASGDRegressor({ fitIntercept: false }))).toBe(1 / 16);
    expect(await lrOf(new ASGDRegressor())).toBe(1 / 17);
    expect(await lrOf(new ASGDRegressor({ loss: 'huber', fitIntercept: false }))).toBe(1 / 12.5);
    expect((await new ASGDClassifier({ fitIntercept: false }).fit(rows, [1, 2])).lr).toBe(4 / 12.5);
    expect((await new ASGDClassifier({ fitIntercept: false }).fit([[0], [0]], [1, 2])).lr).toBe(1);
    // Rows of zeros do not count.
    expect((await new ASGDClassifier().fit([[3], [0], [0]], [1, 2, 1])).lr).toBe(4 / 10);
    expect((await new ASGDClassifier().fit([[0], [0]], [1, 2])).lr).toBe(1);
  });

  const failures: [string, () => Promise<unknown>, string, string][] = [
    [
      'no labels',
      () => new ASGDClassifier().fit(sparse, undefined as never),
      'INVALID_ARGUMENT',
      'The labels are undefined: expected a list',
    ],
    [
      'too few labels',
      () => new ASGDClassifier().fit(sparse, labels.slice(1)),
      'LENGTH',
      'There are 300 rows and 299 labels',
    ],
    [
      'labels that are no list',
      () => new ASGDClassifier().fit(sparse, 7 as never),
      'INVALID_ARGUMENT',
      'The labels are 7: expected a list with one for each row',
    ],
    ['no rows', () => new ASGDRegressor().fit([], []), 'DATA', 'There are no rows'],
    [
      'one class',
      () => new ASGDClassifier().fit([[1], [2]], ['a', 'a']),
      'INVALID_ARGUMENT',
      "All labels are 'a': expected two classes or more.",
    ],
    [
      'a label that is missing',
      () => new ASGDClassifier().fit([[1], [2]], ['a', undefined as never]),
      'DATA',
      'The label of row 1 is undefined: expected a string or a number.',
    ],
    [
      'NaN for a label',
      () => new ASGDClassifier().fit([[1], [2]], [1, NaN]),
      'DATA',
      'The label of row 1 is NaN',
    ],
    [
      'labels of two types',
      () => new ASGDClassifier().fit([[1], [2]], ['1', 2]),
      'DATA',
      "The label of row 1 is 2, and that of row 0 '1': expected only strings or only numbers.",
    ],
    [
      'a target that is no number',
      () => new ASGDRegressor().fit([[1], [2]], [1, Infinity]),
      'DATA',
      'The target of row 1 is Infinity: expected a finite number.',
    ],
    [
      'a weight below 0',
      () => new ASGDRegressor().fit([[1], [2]], [1, 2], { sampleWeight: [1, -1] }),
      'DATA',
      'sampleWeight of row 1 is -1: expected a finite number from 0.',
    ],
    [
      'too many weights',
      () => new ASGDRegressor().fit([[1], [2]], [1, 2], { sampleWeight: [1, 1, 1] }),
      'LENGTH',
      'There are 2 rows and 3 sampleWeight',
    ],
    [
      'a weight for a class that is not there',
      () => new ASGDClassifier({ classWeight: { eggs: 2 } }).fit(sparse, labels),
      'INVALID_ARGUMENT',
      "classWeight has 'eggs': expected only the classes 'ham', 'spam', 'unsure'.",
    ],
    [
      'a value that is missing',
      () => new ASGDClassifier().fit([[1], [NaN]], [1, 2]),
      'DATA',
      'Row 1, column 0 is NaN',
    ],
    ['a stream without rows', () => new ASGDClassifier().fit(streamOf()), 'DATA', 'The stream has no rows'],
    [
      'a stream of something else',
      () => new ASGDClassifier().fit(streamOf([1, 2] as never)),
      'INVALID_ARGUMENT',
      'The stream gave [1, 2]: expected { rows, labels }',
    ],
    [
      'a stream whose second chunk is wrong',
      () =>
        new ASGDClassifier().fit(
          streamOf<Label>(
            { rows: [[1], [2]], labels: ['a', 'b'] },
            { rows: [[1], [NaN]], labels: ['a', 'b'] },
          ),
        ),
      'DATA',
      'After 2 rows of the stream: Row 1, column 0 is NaN',
    ],
    [
      'a stream of two kinds',
      () => new ASGDClassifier().fit(streamOf<Label>({ rows: lists, labels }, { rows: sparse, labels })),
      'DATA',
      'Rows from 300 on are sparse, those before are not: expected one kind in a stream.',
    ],
    [
      'more columns than there can be weights for',
      () => new ASGDRegressor().fit({ data: [1], indices: [0], indptr: [0, 1], shape: [1, 2 ** 30] }, [1]),
      'INVALID_ARGUMENT',
      '1073741824 columns with 1 scores, and 1 values: expected fewer than 2^30 weights',
    ],
    [
      'too large a step',
      () => new ASGDRegressor({ lr: 1e10 }).fit(numbers.lists, numbers.targets),
      'DIVERGED',
      'Training diverged in epoch 1, at row',
    ],
  ];
  test.each(failures)('refuses %s', async (_, fit, code, message) => {
    const error: unknown = await fit().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(AsgdError);
    expect([(error as AsgdError).code, (error as AsgdError).message]).toStrictEqual([
      code,
      expect.stringContaining(message),
    ]);
  });

  test('leaves the model as it was when it fails', async () => {
    const model = await new ASGDRegressor({ lr: 0.5 }).fit(numbers.lists, numbers.targets);
    const before = weightsOf(model);
    await expect(
      model.fit([...numbers.lists, [1, 2, 3, NaN, 5, 6]], [...numbers.targets, 1]),
    ).rejects.toThrow('Row 300, column 3 is NaN');
    const huge = numbers.lists.map((row) => row.map((value) => 1e6 * value));
    await expect(model.fit(huge, numbers.targets)).rejects.toThrow(DivergedError);
    expect(weightsOf(model)).toStrictEqual(before);
    const fresh = new ASGDRegressor({ lr: 0.5 });
    await expect(fresh.fit(huge, numbers.targets)).rejects.toThrow('Scale the features to about 1');
    expect(() => fresh.predict(huge)).toThrow(
      'This ASGDRegressor has not been trained: call fit() or partialFit() first.',
    );
  });

  test('tells where in a stream a row was wrong', async () => {
    const stream = streamOf({ rows: [[1], [2]], labels: [1, 2] }, { rows: [[3], [NaN]], labels: [1, 2] });
    const error = (await new ASGDRegressor().fit(stream).catch((thrown: unknown) => thrown)) as DataError;
    expect([error.row, error.column]).toStrictEqual([3, 0]);
  });

  test('a callback that throws ends it, and leaves the model as it was', async () => {
    const model = await new ASGDClassifier<string>({ epochs: 1 }).fit(sparse, labels);
    const before = weightsOf(model);
    const failing = new ASGDClassifier({
      onEpoch: ({ epoch }) => {
        if (epoch === 2) throw new Error('enough');
      },
    });
    await expect(failing.fit(sparse, labels)).rejects.toThrow('enough');
    expect(() => failing.predict(sparse)).toThrow('has not been trained');
    expect(weightsOf(model)).toStrictEqual(before);
  });

  test('one training at a time', async () => {
    const model = new ASGDClassifier();
    const first = model.fit(sparse, labels);
    await expect(model.fit(sparse, labels)).rejects.toThrow('This model is being trained');
    await first;
    await expect(model.fit(sparse, labels)).resolves.toBe(model);
  });
});
