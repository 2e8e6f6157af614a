// oxlint-disable typescript/no-non-null-assertion -- every index is within bounds

import { AsgdError } from '@asgd/core';
import { describe, expect, test } from 'vitest';
import {
  ASGDClassifier,
  ASGDRegressor,
  type Chunk,
  type DataError,
  type DenseMatrix,
  DivergedError,
  type Epoch,
  type Label,
  type Rows,
} from '../src/index.ts';
import { makeExamples, type Made } from './examples.ts';

/** Rows in every form, with the same numbers. */
function makeData(made: Partial<Made> = {}): {
  sparse: Rows;
  dense: DenseMatrix;
  lists: number[][];
  targets: Float64Array;
} {
  const { table, targets } = makeExamples({ count: 300, features: 6, classes: 3, nonZeros: 4, ...made });
  const { count, features, starts, indices, values } = table;
  const data = new Float64Array(count * features);
  for (let row = 0; row < count; row++) {
    for (let at = starts[row]!; at < starts[row + 1]!; at++) {
      data[row * features + indices[at]!] = values[at]!;
    }
  }
  return {
    sparse: { data: values, indices, indptr: starts, shape: [count, features] },
    dense: { data, shape: [count, features] },
    lists: Array.from({ length: count }, (_, row) => [
      ...data.subarray(row * features, (row + 1) * features),
    ]),
    targets,
  };
}

const names = ['ham', 'spam', 'unsure'];
const { sparse, dense, lists, targets } = makeData();
const labels = Array.from(targets, (target) => names[target]!);
const two = makeData({ classes: 2 });
const twoLabels = Array.from(two.targets, (target) => (target < 0 ? 'ham' : 'spam'));
const numbers = makeData({ classes: 0 });

async function* streamOf<Name>(...chunks: Chunk<Name>[]): AsyncIterable<Chunk<Name>> {
  yield* chunks;
}

const weightsOf = (model: ASGDClassifier | ASGDRegressor): number[] => [
  ...model.coef.data,
  ...model.intercept,
];

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

describe('ASGDRegressor', () => {
  test.each(['squared', 'huber'] as const)('learns with the loss %s', async (loss) => {
    const model = await new ASGDRegressor({ loss, epochs: 50 }).fit(numbers.sparse, numbers.targets);
    expect(model.score(numbers.sparse, numbers.targets)).toBeGreaterThan(0.79);
    expect(model.predict(numbers.sparse)).toHaveLength(300);
  });

  test('of noiseless rows it finds the weights and the intercept', async () => {
    const exact = numbers.lists.map((row) => 3 + row.reduce((sum, value, f) => sum + (f - 2) * value, 0));
    const model = await new ASGDRegressor({ lambd: 0, epochs: 200 }).fit(numbers.lists, exact);
    for (const [f, weight] of model.coef.data.entries()) expect(weight).toBeCloseTo(f - 2, 6);
    expect(model.intercept[0]).toBeCloseTo(3, 6);
    expect(model.score(numbers.lists, exact)).toBeCloseTo(1, 12);
  });

  test('the score of targets that are all alike', async () => {
    const model = await new ASGDRegressor({ fitIntercept: false }).fit([[1], [2]], [0, 0]);
    expect(model.score([[1], [2]], [0, 0])).toBe(1);
    expect(model.score([[1], [2]], [5, 5])).toBe(0);
    expect(model.score([], [])).toBeNaN();
    expect(() => model.score([[1]], 7 as never)).toThrow('targets is 7: expected a list of 1');
  });
});

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

describe('partialFit', () => {
  const options = { lr: 1, lambd: 1e-3 } as const;
  const classes = names;

  test('in parts is the same as at once, and as a stream', async () => {
    for (const kernels of ['wasm', 'typescript'] as const) {
      const once = await new ASGDClassifier({ ...options, kernels }).partialFit(sparse, labels, { classes });
      const parts = new ASGDClassifier({ ...options, kernels, interceptStep: 0.01 });
      await parts.partialFit(lists.slice(0, 10), labels.slice(0, 10), { classes });
      await parts.partialFit(lists.slice(10, 11), labels.slice(10, 11));
      await parts.partialFit([], []);
      await parts.partialFit(lists.slice(11), labels.slice(11));
      expect(parts.steps).toBe(300);
      for (const [at, weight] of weightsOf(parts).entries()) {
        expect(weight).toBeCloseTo(weightsOf(once)[at]!, 12);
      }
      const chunks = lists.map((row, at) => ({ rows: [row], labels: [labels[at]!] }));
      const streamed = new ASGDClassifier<string>({ ...options, kernels, interceptStep: 0.01 });
      await streamed.partialFit(streamOf(...chunks), { classes });
      expect(weightsOf(streamed)).toStrictEqual(weightsOf(parts));
    }
  });

  test('goes on from fit', async () => {
    const model = await new ASGDClassifier({ ...options, epochs: 2, shuffle: false, t0: 10 }).fit(
      sparse,
      labels,
    );
    await model.partialFit(sparse, labels);
    const three = await new ASGDClassifier({ ...options, epochs: 3, shuffle: false, t0: 10 }).fit(
      sparse,
      labels,
    );
    expect(weightsOf(model)).toStrictEqual(weightsOf(three));
  });

  test('averages all', async () => {
    const model = await new ASGDClassifier(options).partialFit(sparse, labels, { classes });
    const same = await new ASGDClassifier({ ...options, t0: -1 }).partialFit(sparse, labels, { classes });
    expect(weightsOf(model)).toStrictEqual(weightsOf(same));
  });

  test('keeps the rows before one that is wrong', async () => {
    const good = await new ASGDClassifier(options).partialFit(lists.slice(0, 100), labels.slice(0, 100), {
      classes,
    });
    const wrongs: [unknown[], unknown[], string][] = [
      [lists.with(100, [1, 2, 3, 4, 5, NaN]), labels, 'Row 100, column 5 is NaN'],
      [lists.with(100, [1, 2, 3]), labels, 'Row 100 has 3 values: expected 6'],
      [
        lists,
        labels.with(100, 'eggs'),
        "The label of row 100 is 'eggs': expected one of the classes 'ham', 'spam', 'unsure'.",
      ],
      [lists.with(150, []), labels.with(100, 'eggs'), "The label of row 100 is 'eggs'"],
    ];
    for (const [rows, given, message] of wrongs) {
      const model = new ASGDClassifier(options);
      await expect(model.partialFit(rows as number[][], given as string[], { classes })).rejects.toThrow(
        message,
      );
      expect(weightsOf(model)).toStrictEqual(weightsOf(good));
      expect(model.steps).toBe(100);
    }
    const streamed = new ASGDClassifier<string>(options);
    const stream = streamOf(
      { rows: lists.slice(0, 60), labels: labels.slice(0, 60) },
      { rows: [...lists.slice(60, 100), [1]], labels: labels.slice(60, 101) },
    );
    await expect(streamed.partialFit(stream, { classes })).rejects.toThrow(
      'After 60 rows of the stream: Row 40 has 1 values',
    );
    expect(weightsOf(streamed)).toStrictEqual(weightsOf(good));
  });

  test('reads rows that change while WebAssembly is loaded as they are then', async () => {
    const indices = Uint32Array.of(0, 1);
    const training = new ASGDRegressor().partialFit(
      { data: [1, 2], indices, indptr: [0, 1, 2], shape: [2, 2] },
      [1, 2],
    );
    indices[1] = 1e9; // far outside of its memory
    await expect(training).rejects.toThrow('Row 1 has the column 1000000000 in indices');
  });

  test('keeps what came before it diverged', async () => {
    const model = new ASGDRegressor({ lr: 0.5, lambd: 0 });
    const rows = [[1], [1], [1e200], [1e200], [1]];
    await expect(model.partialFit(rows, [1, 1, 1, 1, 1])).rejects.toThrow('Training diverged at row 3');
    expect(model.steps).toBe(3);
    const fresh = new ASGDRegressor({ lr: 0.5 });
    const sampleWeight = [1e300];
    await expect(fresh.partialFit([[1]], [1e300], { sampleWeight })).rejects.toThrow(
      'Training diverged at row 0',
    );
    expect(() => fresh.steps).toThrow('has not been trained');
    // Weights that only the last row took out of range.
    await fresh.partialFit([[1e200]], [1e300]);
    expect(() => fresh.predict([[1]])).toThrow(DivergedError);
  });

  test('needs the classes once, and holds to them', async () => {
    const model = new ASGDClassifier(options);
    await expect(model.partialFit(sparse, labels)).rejects.toThrow(
      'The first partialFit() needs all classes that will come',
    );
    await expect(model.partialFit(sparse, labels, { classes: ['ham', 'ham'] })).rejects.toThrow(
      "classes is ['ham', 'ham']: expected two different labels or more",
    );
    await expect(model.partialFit(sparse, labels, { classes: ['ham'] })).rejects.toThrow(
      'expected two different labels or more',
    );
    await model.partialFit(sparse, labels, { classes: ['unsure', 'spam', 'ham', 'never'] });
    expect(model.classes).toStrictEqual(['ham', 'never', 'spam', 'unsure']);
    await expect(
      new ASGDClassifier({ classWeight: 'balanced' }).partialFit(sparse, labels, { classes }),
    ).rejects.toThrow("classWeight: 'balanced' needs all labels at once");
  });

  test('refuses rows of another width, before and in predictions', async () => {
    const model = await new ASGDClassifier(options).partialFit(sparse, labels, { classes });
    await expect(model.partialFit({ data: new Float64Array(0), shape: [0, 7] }, [])).rejects.toThrow(
      'The rows have 7 columns: expected 6',
    );
    expect(() => model.predict([[1, 2]])).toThrow(
      'Row 0 has 2 values: expected 6, as in the rows fitted before.',
    );
    expect(() => model.score(sparse, labels.slice(1))).toThrow('There are 300 rows and 299 labels');
    expect(model.score([], [])).toBeNaN();
  });
});

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
      [{ ...saved, features: 7 }, 'weights of the model are not the base64 of 42 finite numbers'],
      [{ ...saved, classes: ['ham', 'spam'] }, 'weights of the model are not the base64 of 12'],
      [{ ...saved, classes: ['ham'] }, 'The model cannot be read: classes is'],
      [{ ...saved, options: { loss: 'cubic' } }, 'The model cannot be read: Invalid loss of ASGDClassifier'],
      [{ ...saved, step: -1 }, 'step of the model is -1'],
      [
        { ...saved, factors: [1, null, 1] },
        'factors of the model is [1, null, 1]: expected three finite numbers.',
      ],
      [{ ...saved, weights: saved.weights.slice(4) }, 'weights of the model are not the base64 of 36'],
      [{ ...saved, features: 2 ** 52 }, 'weights of the model are not the base64 of'],
      [{ ...saved, intercepts: '!!!' }, 'intercepts of the model are not the base64 of 6'],
      [{ ...saved, intercepts: undefined }, 'intercepts of the model are not the base64 of 6'],
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
