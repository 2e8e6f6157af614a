import * as tf from '@tensorflow/tfjs';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { asgd, type AsgdOptimizer } from '../src/index.ts';
import { paths, use } from './backends.ts';
import { digits, network } from './digits.ts';

/** A hash: a difference of weights says nothing to people. */
const weightsOf = async (model: tf.LayersModel): Promise<string> => {
  const weights = await Promise.all(model.getWeights().map((weight) => weight.data()));
  const numbers = Float32Array.from(weights.flatMap((values) => [...values]));
  return new Uint8Array(await crypto.subtle.digest('SHA-256', numbers)).join();
};

/** Not the one of plain arrays, which cannot be sliced. */
const trainable = paths.filter(([name]) => name !== 'opaque');

describe.each(trainable)('on TensorFlow.js %s', (name) => {
  const compile = (model: tf.LayersModel, optimizer: AsgdOptimizer): void =>
    model.compile({ optimizer, loss: 'categoricalCrossentropy', metrics: ['accuracy'] });

  beforeEach(() => use(name));

  test('model.fit() trains digits, and averages are ahead on those held out', async () => {
    const [train, held] = [await digits(0, 30), await digits(500, 520)];
    const model = network();
    const optimizer = await asgd({ lr: 0.5, lambd: 0, t0: 30 });
    compile(model, optimizer);
    const { history } = await model.fit(train.images, train.labels, {
      epochs: 6,
      batchSize: 20,
      shuffle: false,
      validationData: [held.images, held.labels],
      callbacks: optimizer.evaluateAveraged(model, { batchNorm: train.images }),
    });
    const losses = history['loss'] as number[];
    expect(losses.at(-1)).toBeLessThan((losses[0] ?? 0) / 4);
    expect(history['last_loss']).toStrictEqual(history['val_loss']);
    expect(history['last_acc']).toStrictEqual(history['val_acc']);
    const [last, averaged] = [history['last_loss'] as number[], history['averaged_loss'] as number[]];
    expect(averaged.at(-1)).toBeLessThan(last.at(-1) ?? 0);
    expect((history['averaged_acc'] as number[]).at(-1)).toBeGreaterThan(0.7);
    optimizer.dispose();
    model.dispose();
    tf.dispose([train.images, train.labels, held.images, held.labels]);
  });

  test('a model that is saved with its optimizer and loaded continues with the same bits', async () => {
    const { images, labels } = await digits(0, 20);
    const model = network();
    const optimizer = await asgd({ lr: 0.2, lambd: 0.001, t0: 5 });
    compile(model, optimizer);
    const fit = (of: tf.LayersModel): Promise<unknown> =>
      of.fit(images, labels, { epochs: 2, batchSize: 50, shuffle: false });
    await fit(model);
    let artifacts: tf.io.ModelArtifacts | undefined;
    await model.save(
      tf.io.withSaveHandler(async (saved) => {
        artifacts = structuredClone(saved);
        return { modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: 'JSON' } };
      }),
      { includeOptimizer: true },
    );
    const loaded = await tf.loadLayersModel({ load: async () => artifacts as tf.io.ModelArtifacts });
    expect(await weightsOf(loaded)).toBe(await weightsOf(model));
    await fit(model);
    await fit(loaded);
    expect(await weightsOf(loaded)).toBe(await weightsOf(model));
    const theirs = loaded.optimizer as AsgdOptimizer;
    expect(theirs.iterations).toBe(16);
    optimizer.swapAverages();
    theirs.swapAverages();
    expect(await weightsOf(loaded)).toBe(await weightsOf(model));
    optimizer.dispose();
    theirs.dispose();
    model.dispose();
    loaded.dispose();
    tf.dispose([images, labels]);
  });
});

describe('batch normalization', () => {
  beforeEach(() => use('cpu'));

  const open = async (): Promise<{ model: tf.Sequential; optimizer: AsgdOptimizer }> => {
    const model = tf.sequential({
      layers: [
        tf.layers.dense({ inputShape: [2], units: 2, kernelInitializer: 'identity' }),
        tf.layers.batchNormalization(),
        tf.layers.dense({ units: 1 }),
      ],
    });
    return { model, optimizer: await asgd({ lr: 0.1, t0: -1 }) };
  };
  const statistics = (model: tf.Sequential): number[][] =>
    (model.layers[1] as tf.layers.Layer)
      .getWeights()
      .slice(2)
      .map((tensor) => [...tensor.dataSync()]);
  const rows = (): tf.Tensor2D =>
    tf.tensor2d([
      [1, 10],
      [3, 30],
      [5, 50],
      [7, 90],
    ]);

  test('statistics are the means over the batches', async () => {
    const { model, optimizer } = await open();
    const data = rows();
    const { numTensors } = tf.memory();
    expect(await optimizer.updateBatchNorm(model, data, { batchSize: 2 })).toBe(1);
    expect(statistics(model)).toStrictEqual([
      [4, 45],
      [1, 250],
    ]);
    const batches = [tf.slice(data, 0, 2), tf.slice(data, 2, 2)];
    await optimizer.updateBatchNorm(
      model,
      batches.map((xs) => ({ xs })),
    );
    expect(statistics(model)).toStrictEqual([
      [4, 45],
      [1, 250],
    ]);
    await optimizer.updateBatchNorm(model, tf.data.array(batches));
    expect(statistics(model)).toStrictEqual([
      [4, 45],
      [1, 250],
    ]);
    tf.dispose(batches);
    expect(tf.memory().numTensors).toBe(numTensors);
    expect((model.layers[1] as never as { momentum: number }).momentum).toBe(0.99);
  });

  test('those of the averages last as long as the averages do', async () => {
    const { model, optimizer } = await open();
    const data = rows();
    const before = statistics(model);
    await optimizer.withAverages(async () => {
      await optimizer.updateBatchNorm(model, data);
      expect(statistics(model)).not.toStrictEqual(before);
      await optimizer.updateBatchNorm(model, data, { batchSize: 2 });
    });
    expect(statistics(model)).toStrictEqual(before);
  });

  test('what is wrong is refused, and changes nothing', async () => {
    const { model, optimizer } = await open();
    const before = statistics(model);
    const data = rows();
    await expect(optimizer.updateBatchNorm({} as never, data)).rejects.toThrow(/expected a model/);
    await expect(optimizer.updateBatchNorm(model, 3 as never)).rejects.toThrow(/expected a tensor of inputs/);
    await expect(optimizer.updateBatchNorm(model, [])).rejects.toThrow(/no batch/);
    await expect(optimizer.updateBatchNorm(model, data, { batchSize: 0 })).rejects.toThrow(/batchSize: 0/);
    const bad = (async function* () {
      yield data;
      throw new Error('no more');
    })();
    await expect(optimizer.updateBatchNorm(model, bad)).rejects.toThrow('no more');
    expect(statistics(model)).toStrictEqual(before);
  });
});

describe('evaluateAveraged()', () => {
  beforeEach(() => use('cpu'));
  afterEach(() => tf.disposeVariables());
  afterAll(() => tf.disposeVariables());

  const open = async (): Promise<{ model: tf.Sequential; optimizer: AsgdOptimizer }> => {
    const model = tf.sequential({
      layers: [tf.layers.dense({ inputShape: [1], units: 1, useBias: false, kernelInitializer: 'zeros' })],
    });
    const optimizer = await asgd({ lr: 0.1, lambd: 0, t0: -1 });
    model.compile({ optimizer, loss: 'meanSquaredError' });
    return { model, optimizer };
  };
  const xs = (): tf.Tensor2D => tf.tensor2d([[1], [2], [3], [4]]);

  test.each<readonly [string, (x: tf.Tensor) => tf.ModelFitArgs, number[]]>([
    ['the training data without others', () => ({}), [1, 2, 3, 4]],
    ['the rows that are split off', () => ({ validationSplit: 0.25 }), [4]],
    ['the validation data', (x) => ({ validationData: [x.add(1), x.add(1)] }), [2, 3, 4, 5]],
  ])('evaluates on %s', async (_what, args, used) => {
    const { model, optimizer } = await open();
    const x = xs();
    const callbacks = optimizer.evaluateAveraged(model);
    const { history } = await model.fit(x, x, {
      epochs: 2,
      batchSize: 2,
      shuffle: false,
      ...args(x),
      callbacks,
    });
    const [weight] = model.getWeights()[0]?.dataSync() ?? [];
    const average = optimizer.withAverages(() => model.getWeights()[0]?.dataSync()[0]);
    const loss = (of = NaN): number =>
      used.reduce((sum, value) => sum + (value * (of - 1)) ** 2, 0) / used.length;
    expect((history['last_loss'] as number[]).at(-1)).toBeCloseTo(loss(weight), 4);
    expect((history['averaged_loss'] as number[]).at(-1)).toBeCloseTo(loss(average), 4);
  });

  test('evaluates on datasets, and starts averaging with t0: auto', async () => {
    const { model, optimizer } = await open();
    optimizer.options.t0 = 'auto';
    const x = xs();
    const dataset = tf.data.zip({ xs: tf.data.array([[1], [2]]), ys: tf.data.array([[1], [2]]) }).batch(1);
    const callbacks = optimizer.evaluateAveraged(model);
    const { history } = await model.fitDataset(dataset, {
      epochs: 2,
      callbacks,
    });
    expect(history['last_loss']).toHaveLength(2);
    expect(history['averaged_loss']).toStrictEqual(history['last_loss']);
    expect((await optimizer.getWeights())[1]?.tensor.size).toBe(2 + 2 * 2);
    x.dispose();
  });

  test('says so if it is given to another model', async () => {
    const [{ model, optimizer }, other] = [await open(), await open()];
    const x = xs();
    const callbacks = other.optimizer.evaluateAveraged(other.model);
    await expect(model.fit(x, x, { callbacks })).rejects.toThrow(/does not know the data/);
    optimizer.dispose();
  });

  test('refuses what is not a model', async () => {
    const { optimizer } = await open();
    expect(() => optimizer.evaluateAveraged(undefined as never)).toThrow(/expected a model/);
  });
});
