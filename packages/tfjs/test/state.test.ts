import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { AsgdOptimizer } from '../src/index.ts';
import { paths } from './backends.ts';
import { bits, fixture, noise } from './fixture.ts';

describe.each(paths)('on TensorFlow.js %s', (name) => {
  const { apply, averageOf, keep, open, variable } = fixture(name);

  test('state is saved and loaded: training continues with the same bits, and averages at once', async () => {
    const shapes = [[3], [2, 2]];
    const train = (optimizer: AsgdOptimizer, of: readonly tf.Variable[], from: number, to: number): void => {
      for (let step = from; step < to; step++) {
        apply(
          optimizer,
          Object.fromEntries(of.map((one, at) => [one.name, noise(one.size, 10 * step + at)])),
        );
      }
    };
    const options = { lr: 0.1, lambd: 0.01, t0: 'auto' as const };
    const ours = shapes.map((shape, at) => variable(noise(tf.util.sizeFromShape(shape), at), shape));
    const optimizer = await open(options);
    for (const loss of [3, 1, 2, 2, 2, 2, 2]) optimizer.observe(loss);
    train(optimizer, ours, 0, 6);
    const values = ours.map((one) => one.dataSync().slice());
    const weights = await optimizer.getWeights();
    expect(weights.map(({ name: of }) => of).slice(0, 3)).toStrictEqual([
      'iter',
      'asgd_trigger',
      'asgd_counters',
    ]);

    // As a model that is loaded beside the first: its variables have other names.
    const theirs = values.map((of, at) => variable(of as Float32Array, shapes[at]));
    const config = {
      ...JSON.parse(JSON.stringify(optimizer.getConfig())),
      name: 'asgd',
    } as tf.serialization.ConfigDict;
    const resumed = AsgdOptimizer.fromConfig<AsgdOptimizer>(AsgdOptimizer, config);
    keep(resumed);
    await resumed.setWeights(weights);
    tf.dispose(weights.map(({ tensor }) => tensor));
    expect(resumed.iterations).toBe(6);
    expect(resumed.options).toStrictEqual(optimizer.options);
    expect(() => resumed.averageOf(theirs[0] as tf.Variable)).toThrow(/attach/);
    resumed.attach(theirs);
    theirs.forEach((one, at) => {
      expect(bits(averageOf(resumed, one))).toBe(bits(averageOf(optimizer, ours[at] as tf.Variable)));
    });
    optimizer.observe(2);
    resumed.observe(2);
    train(optimizer, ours, 6, 12);
    train(resumed, theirs, 6, 12);
    theirs.forEach((one, at) => {
      expect(bits(one.dataSync())).toBe(bits((ours[at] as tf.Variable).dataSync()));
      expect(bits(averageOf(resumed, one))).toBe(bits(averageOf(optimizer, ours[at] as tf.Variable)));
    });
  });

  test('state that does not fit is refused', async () => {
    const weight = variable([1, 2]);
    const optimizer = await open({ t0: -1 });
    for (let step = 0; step < 3; step++) apply(optimizer, { [weight.name]: [1, 1] });
    const weights = await optimizer.getWeights();
    await expect(optimizer.setWeights([])).rejects.toThrow(/the weights \(none\): expected those/);
    await expect(optimizer.setWeights(weights.slice(0, 3))).rejects.toThrow(/not complete/);
    const other = await open({});
    await other.setWeights(weights);
    const [longer, second] = [variable([1, 2, 3]), variable([1])];
    expect(() => other.attach([longer])).toThrow(/has the shape \[2\]/);
    expect(() => other.attach([longer, second])).toThrow(/is of 1 variables/);
    tf.dispose(weights.map(({ tensor }) => tensor));
  });
});
