// oxlint-disable typescript/no-non-null-assertion -- every index is within bounds

import { describe, expect, test } from 'vitest';
import { Engine, type EngineOptions } from '../src/engine.ts';
import { type LossName, losses } from '../src/loss.ts';
import { PlainRunner } from '../src/plain-runner.ts';
import type { Table } from '../src/table.ts';
import vectors from './fixtures/pytorch.json' with { type: 'json' };

const { features, epsilon, models } = vectors;

describe('the engine agrees with torch.optim.ASGD and autograd', () => {
  const cases = models.flatMap((model, index) =>
    ['sparse', 'dense'].map((kind) => ({ ...model, index, kind })),
  );
  test.each(cases)('$index: $loss, $classes classes, batches of $batch, $kind rows', (model) => {
    const options: EngineOptions = {
      loss: losses[model.loss as LossName].id,
      features,
      outputs: model.outputs,
      batch: model.batch,
      lr: model.lr,
      lambd: model.lambd,
      alpha: model.alpha,
      t0: model.t0,
      weightDecay: model.weightDecay,
      interceptStep: model.interceptStep,
      epsilon,
    };
    const count = model.values.length;
    const isSigned = model.outputs === 1 && model.classes === 2;
    const engine = new Engine(options, new PlainRunner(options));
    engine.load({
      table: model.kind === 'dense' ? denseTable(model) : sparseTable(model),
      targets: Float64Array.from(model.targets, (target) => (isSigned ? 2 * target - 1 : target)),
      weights: Float64Array.from(model.weights),
    });
    const rows = Uint32Array.from({ length: count }, (_, row) => row);
    engine.train(Uint32Array.from([...rows, ...rows.toReversed()]));

    expect(engine.step).toBe(model.steps);
    // 80 steps on numbers of size 1: the bound of engine.test.ts is about 1e-11. PyTorch's exp and log are its own.
    const close = (found: Float64Array, expected: readonly number[]): void => {
      expect(found).toHaveLength(expected.length);
      for (const [at, number] of expected.entries()) {
        expect(Math.abs(found[at]! - number)).toBeLessThan(1e-12);
      }
    };
    const [last, average] = [engine.last(), engine.average()];
    close(last.weights, model.weight);
    close(last.intercepts, model.intercept);
    close(average.weights, model.averageWeight);
    close(average.intercepts, model.averageIntercept);
  });
});

interface Rows {
  readonly indices: readonly (readonly number[])[];
  readonly values: readonly (readonly number[])[];
}

function sparseTable({ indices, values }: Rows): Table {
  return {
    isDense: false,
    count: values.length,
    features,
    starts: Uint32Array.from({ length: values.length + 1 }, (_, row) => 3 * row),
    indices: Uint32Array.from(indices.flat()),
    values: Float64Array.from(values.flat()),
  };
}

function denseTable({ indices, values }: Rows): Table {
  const all = new Float64Array(values.length * features);
  for (const [row, columns] of indices.entries()) {
    for (const [at, column] of columns.entries()) all[row * features + column] = values[row]![at]!;
  }
  const none = new Uint32Array(0);
  return { isDense: true, count: values.length, features, starts: none, indices: none, values: all };
}
