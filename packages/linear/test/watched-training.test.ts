import { describe, expect, test } from 'vitest';
import {
  ASGDClassifier,
  ASGDRegressor,
  autoStep,
  type ChunkReport,
  NotFittedError,
  Random,
} from '../src/index.ts';
import { labels, lists, names, numbers, sparse, streamOf, weightsOf } from './estimator-data.ts';

// What a program needs that trains on streams: it shows what training does, and saves where it stands.

const classes = names;
const options = { loss: 'softmax', lr: 0.5, lambd: 1e-3 } as const;

describe('onChunk', () => {
  test('is told the loss of rows before their updates, of a call and of each chunk', async () => {
    const reports: ChunkReport[] = [];
    const onChunk = (chunk: ChunkReport): void => void reports.push(chunk);
    const model = new ASGDClassifier<string>(options);
    await model.partialFit(lists.slice(0, 1), labels.slice(0, 1), { classes, onChunk });
    expect(reports[0]?.trainLoss).toBeCloseTo(Math.log(3), 12);
    const before = model.lastIterate().loss(lists.slice(1, 2), labels.slice(1, 2));
    const chunks = [1, 2].map((at) => ({ rows: [lists[at] ?? []], labels: [labels[at] ?? ''] }));
    await model.partialFit(streamOf(...chunks), { onChunk });
    expect(reports.map(({ rows, steps }) => [rows, steps])).toStrictEqual([
      [1, 1],
      [1, 2],
      [1, 3],
    ]);
    expect(reports[1]?.trainLoss).toBeCloseTo(before, 12);

    const sampleWeight = Array(300).fill(2);
    const mean = numbers.targets.reduce((sum, target) => sum + target ** 2 / 2, 0) / 300;
    for (const rows of [numbers.lists, numbers.sparse]) {
      await new ASGDRegressor({ lr: 0 }).partialFit(rows, numbers.targets, { onChunk, sampleWeight });
      expect(reports.at(-1)?.trainLoss).toBeCloseTo(mean, 12);
    }
  });

  test('changes nothing in what is learned', async () => {
    const watched = new ASGDClassifier<string>(options);
    await watched.partialFit(sparse, labels, { classes, onChunk: () => undefined });
    const alone = await new ASGDClassifier<string>(options).partialFit(sparse, labels, { classes });
    expect(watched.toJSON()).toStrictEqual(alone.toJSON());
  });
});

test('loss is the mean of what the probabilities give, weighted', async () => {
  const model = await new ASGDClassifier<string>(options).fit(sparse, labels);
  const { data } = model.predictProba(sparse);
  const losses = labels.map((label, row) => -Math.log(data[3 * row + names.indexOf(label)] ?? NaN));
  const mean = losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
  expect(model.loss(sparse, labels)).toBeCloseTo(mean, 10);
  const sampleWeight = losses.map((_, row) => Number(row === 7));
  expect(model.loss(sparse, labels, { sampleWeight })).toBeCloseTo(losses[7] ?? NaN, 10);
  expect(() => model.loss(sparse, labels.slice(1))).toThrow('There are 300 rows and 299 labels');
  expect(() => new ASGDRegressor().loss([[1]], [1])).toThrow(NotFittedError);
});

test('lastIterate is the model without averaging, and is not trained any further', async () => {
  const plain = { ...options, t0: 1e9 };
  const last = (await new ASGDClassifier<string>(options).fit(sparse, labels)).lastIterate();
  const unaveraged = await new ASGDClassifier<string>(plain).fit(sparse, labels);
  for (const [at, weight] of weightsOf(last).entries()) {
    expect(weight).toBeCloseTo(weightsOf(unaveraged)[at] ?? NaN, 12);
  }
  await expect(last.partialFit(sparse, labels)).rejects.toThrow('This model was made by fold()');
  const regressor = await new ASGDRegressor({ lr: 0.01 }).fit(numbers.lists, numbers.targets);
  expect(weightsOf(regressor.lastIterate())).not.toStrictEqual(weightsOf(regressor));
});

test('startAveraging averages from the next update on', async () => {
  const model = new ASGDClassifier<string>({ ...options, t0: 1e9 });
  await model.partialFit(lists.slice(0, 40), labels.slice(0, 40), { classes });
  model.startAveraging();
  expect(weightsOf(model.lastIterate())).toStrictEqual(weightsOf(model));
  const sums = weightsOf(model).map(() => 0);
  for (let row = 40; row < 50; row++) {
    await model.partialFit(lists.slice(row, row + 1), labels.slice(row, row + 1));
    weightsOf(model.lastIterate()).forEach((weight, at) => (sums[at] = (sums[at] ?? 0) + weight));
  }
  weightsOf(model).forEach((weight, at) => expect(weight).toBeCloseTo((sums[at] ?? NaN) / 10, 6));
  const copy = ASGDClassifier.fromJSON<string>(model.toJSON());
  await copy.partialFit(sparse, labels);
  await model.partialFit(sparse, labels);
  expect(weightsOf(copy)).toStrictEqual(weightsOf(model));
});

test('toData is a model that fromJSON takes, also from another thread', async () => {
  const model = await new ASGDClassifier<string>(options).fit(sparse, labels);
  const data = structuredClone(model.toData());
  const copy = ASGDClassifier.fromJSON<string>(data);
  expect(copy.toJSON()).toStrictEqual(model.toJSON());
  data.weights.fill(0);
  await copy.partialFit(sparse, labels);
  await model.partialFit(sparse, labels);
  expect(weightsOf(copy)).toStrictEqual(weightsOf(model));
  expect(() => ASGDClassifier.fromJSON({ ...data, weights: data.weights.slice(1) })).toThrow(
    'weights of the model are not 36 finite numbers, or the base64 of them',
  );
  const regressor = await new ASGDRegressor().fit(numbers.lists, numbers.targets);
  expect(weightsOf(ASGDRegressor.fromJSON(regressor.toData()))).toStrictEqual(weightsOf(regressor));
});

test("autoStep is what lr: 'auto' comes to", async () => {
  const norms = lists.map((row) => row.reduce((sum, value) => sum + value ** 2, 0) + 1);
  const all = { mean: norms.reduce((sum, norm) => sum + norm, 0) / 300, largest: Math.max(...norms) };
  for (const loss of ['log', 'hinge', 'squaredHinge', 'softmax'] as const) {
    const model = await new ASGDClassifier<string>({ loss, shuffle: false }).fit(lists, labels);
    expect(autoStep(loss, all)).toBeCloseTo(model.lr, 12);
  }
  expect(autoStep('squared', { mean: NaN, largest: 0 })).toBe(1);
});

test('Random gives the same order for the same seed', () => {
  const order = (seed: number): number[] => {
    const items = Uint32Array.from({ length: 50 }, (_, at) => at);
    new Random(seed).shuffle(items);
    return [...items];
  };
  expect(order(3)).toStrictEqual(order(3));
  expect(order(3)).not.toStrictEqual(order(3 + 2 ** 32));
  expect(order(3).toSorted((a, b) => a - b)).toStrictEqual([...new Uint32Array(50).keys()]);
});
