import { describe, expect, test } from 'vitest';
import { loadCheckpoint, requireFit, saveCheckpoint } from '../src/checkpoint/checkpoint.ts';
import { hash } from '../src/data/hash.ts';
import { loadData, type Data } from '../src/data/load.ts';
import { programMemory } from '../src/data/memory.ts';
import { defaults, type Settings } from '../src/options.ts';
import { Interrupted } from '../src/interrupt.ts';
import { weightsOf } from '../src/model.ts';
import { Session } from '../src/session.ts';
import { Folder } from './folder.ts';

const folder = new Folder();

/** Two noisy, overlapping clouds, or with three classes three. */
function clouds(rows: number, classes: number, format: 'csv' | 'svm'): string {
  let drawn = 0;
  const next = (): number => hash(rows, classes, (drawn += 1));
  const noise = (): number => (next() + next()) / 2 ** 32 - 1;
  return Array.from({ length: rows }, (_, i) => {
    const label = i % classes;
    const values = [noise() + label * 0.5, noise() - label * 0.3, noise()].map((value) => value.toFixed(4));
    if (format === 'csv') return `${label},${values.join(',')}\n`;
    return `${label} ${values.map((value, f) => `${f + 1}:${value}`).join(' ')}\n`;
  }).join('');
}

const training = folder.write('train.csv', clouds(70, 3, 'csv'));
const shapes = folder.write(
  'shapes.csv',
  clouds(70, 3, 'csv').replace(/(\d)\n/g, (_, digit) => `${digit},kind ${digit}\n`),
);
/** Some values are missing, and no column has a scale near 1. */
const gaps = folder.write(
  'gaps.csv',
  clouds(70, 3, 'csv').replace(/,(-?0)\.(\d+),(-?[01])\.(\d*)(\d),/g, (_, a, b, c, d, e) =>
    e === '7' ? `,${a}${b}.5,NA,` : `,${a}${b}.5,${c}.${d}${e},`,
  ),
);
const two = folder.write('two.svm', clouds(70, 2, 'svm'));

function settings(changes: Partial<Settings> = {}): Settings {
  return { ...defaults, data: training, lr: 0.5, epochs: 3, batch: 8, t0: 3, ...changes };
}

function load(changes: Partial<Settings> = {}): Promise<Data> {
  return loadData(settings(changes), () => ({ end: () => undefined }));
}

const never = new AbortController().signal;

/** Everything that must be the same in two equal runs: a checkpoint without the times. */
function trace(session: Session): unknown {
  const checkpoint = session.checkpoint();
  const history = checkpoint.history.map((record) => ({ ...record, rowsPerSecond: 0 }));
  return { ...checkpoint, history };
}

async function runToEnd(session: Session): Promise<Session> {
  while (!session.finished) await session.runEpoch(never);
  return session;
}

/** Runs until `steps` steps are done, then stops as Ctrl-C does. */
async function runUntil(session: Session, steps: number): Promise<void> {
  const controller = new AbortController();
  if (steps === 0) controller.abort(new Interrupted());
  while (!session.finished && !controller.signal.aborted) {
    await session.runEpoch(controller.signal, {
      onSteps: (made) => {
        if (made >= steps) controller.abort(new Interrupted());
      },
    });
  }
}

describe('a resumed run', () => {
  test.each<[string, Partial<Settings>]>([
    ['in memory', {}],
    ['with --t0 auto', { t0: 'auto', lr: 3, epochs: 6 }],
    ['on sparse rows with weight decay', { data: two, loss: 'log', weightDecay: 0.01, t0: -1 }],
    ['on rows that are filled and standardized', { data: gaps, missing: 'mean', standardize: true }],
    ['on rows with categories', { data: shapes, categorical: '5', standardize: true }],
    ['with one row a step', { batch: 1, epochs: 1, t0: 'half-epoch' }],
  ])(
    '%s ends bit for bit where one that never stopped ends, whatever the chunk it stopped after',
    async (_, changes) => {
      const data = await load(changes);
      const whole = await runToEnd(new Session(settings(changes), data));
      const expected = trace(whole);
      let chunks = 0;
      for (let stop = 0; stop < whole.position.steps; chunks += 1) {
        const first = new Session(settings(changes), data);
        await runUntil(first, stop);
        const { steps } = first.position;
        expect(steps).toBeGreaterThanOrEqual(stop);
        stop = steps + 1;
        const file = folder.at('run.ckpt');
        await saveCheckpoint(file, first.checkpoint());
        const second = new Session(settings(changes), data);
        second.restore(loadCheckpoint(file));
        expect(trace(await runToEnd(second))).toStrictEqual(expected);
      }
      // Chunks are short enough for four of them in an epoch.
      expect(chunks).toBeGreaterThan(4 * whole.settings.epochs - 1);
    },
  );

  test('takes over a history of more epochs than a call can take arguments', async () => {
    const data = await load();
    const first = new Session(settings(), data);
    await runUntil(first, 5);
    const checkpoint = first.checkpoint();
    const history = Array.from({ length: 200_000 }, () => checkpoint.history[0]);
    const second = new Session(settings(), data);
    second.restore({ ...checkpoint, history: history as typeof checkpoint.history });
    expect(second.history).toHaveLength(200_000);
  });

  test.each<[string, Partial<Settings>]>([
    ['', {}],
    [' that has categories', { data: shapes, categorical: '5', standardize: true }],
    [' that is filled and standardized', { data: gaps, missing: 'mean', standardize: true }],
  ])('finds its place in streamed data%s, too', async (_, changes) => {
    const small = { ...changes, memory: programMemory + 0.003 }; // a few rows at a time
    const data = await load(small);
    expect(data.training.table.kept).toBeUndefined();
    const whole = await runToEnd(new Session(settings(small), data));
    for (const stop of [1, 5, 9, 13]) {
      const first = new Session(settings(small), data);
      await runUntil(first, stop);
      const second = new Session(settings(small), data);
      second.restore(first.checkpoint());
      expect(trace(await runToEnd(second))).toStrictEqual(trace(whole));
    }
  });
});

describe('a run', () => {
  test('gives the same bits with either kernels', async () => {
    for (const changes of [{}, { data: two, loss: 'hinge' as const, weightDecay: 0.01 }]) {
      const data = await load(changes);
      const numbers = async (kernels: 'wasm' | 'typescript'): Promise<unknown> => {
        const session = await runToEnd(new Session(settings({ ...changes, kernels }), data));
        return session.history.map(({ trainLoss, last, average }) => ({ trainLoss, last, average }));
      };
      expect(await numbers('wasm')).toStrictEqual(await numbers('typescript'));
    }
  });

  test('gives other numbers for another seed', async () => {
    const data = await load();
    const [one, other] = [1, 2].map((seed) => runToEnd(new Session(settings({ seed }), data)));
    expect((await one)?.history.at(-1)?.last).not.toStrictEqual((await other)?.history.at(-1)?.last);
  });

  test.each([
    ['a number', { t0: 4 }, 6, 6],
    ['--t0 auto', { t0: 'auto' as const, lr: 3 }, 7, 40],
  ])('averages the iterates from the step it names on, with %s', async (_, changes, earliest, latest) => {
    // Four steps an epoch, and so one in a chunk.
    const all = { batch: 16, epochs: 12, ...changes };
    const session = new Session(settings(all), await load(all));
    const iterates: Float64Array[] = [];
    while (!session.finished) {
      // Stopping after every step lets this test see every iterate.
      await runUntil(session, session.position.steps + 1);
      if (session.position.steps > iterates.length) {
        iterates.push(weightsOf(session.models().last).weight);
      }
    }
    const from = session.averagingFrom ?? NaN;
    expect(from).toBeGreaterThanOrEqual(earliest);
    expect(from).toBeLessThanOrEqual(latest);
    const averaged = iterates.slice(from - 1);
    const { average } = session.models();
    expect(iterates).toHaveLength(48);
    expect(average && weightsOf(average).weight).toHaveLength(9);
    average?.coef.data.forEach((_, i) => {
      const mean = averaged.reduce((sum, iterate) => sum + (iterate[i] ?? NaN), 0) / averaged.length;
      expect(weightsOf(average).weight[i]).toBeCloseTo(mean, 6);
    });
  });

  test('reports the mean loss of all rows: that of guessing, when it may not learn', async () => {
    for (const batch of [1, 8, 1000]) {
      const session = await runToEnd(new Session(settings({ lr: 0, batch }), await load()));
      for (const { trainLoss, last } of session.history) {
        expect(trainLoss).toBeCloseTo(Math.log(3), 12);
        expect(last.loss).toBeCloseTo(Math.log(3), 12);
      }
    }
  });

  test('makes steps along the mean gradient of their rows, in a short last step too', async () => {
    const same = folder.write('same.csv', '1,1\n'.repeat(12));
    const changes = { data: same, loss: 'squared' as const, lr: 0.1, lambd: 0, batch: 4, epochs: 1 };
    const session = await runToEnd(new Session(settings(changes), await load(changes)));
    const { count } = session.data.training;
    expect(count % 4).not.toBe(0);
    // All rows are alike, so each step is one of plain gradient descent: w = b, and score = w + b.
    let weight = 0;
    for (let step = 0; step < Math.ceil(count / 4); step += 1) weight -= 0.1 * (2 * weight - 1);
    const { last } = session.models();
    expect(weightsOf(last).weight[0]).toBeCloseTo(weight, 6);
    expect(weightsOf(last).bias[0]).toBeCloseTo(weight, 6);
  });

  test('has no average to show until there are two iterates in it', async () => {
    const session = await runToEnd(new Session(settings({ t0: 100 }), await load()));
    expect(session.history.map(({ average }) => average)).toStrictEqual([null, null, null]);
    expect(session.models().average).toBeNull();
  });

  test('stops with an error that names the step when training diverges', async () => {
    const changes = { loss: 'squared' as const, lr: 1e150 };
    const session = new Session(settings(changes), await load(changes));
    await expect(runToEnd(session)).rejects.toThrow(
      /no longer finite at step \d+ \(epoch \d+\).*smaller --lr/,
    );
  });

  test('learns: on separable rows every loss ends with no error', async () => {
    const rows = Array.from(
      { length: 60 },
      (_, i) => `${i % 2},${i % 2 === 0 ? -1 : 1},${(i % 7) / 7}\n`,
    ).join('');
    const data = folder.write('separable.csv', rows);
    for (const loss of ['log', 'hinge', 'softmax'] as const) {
      const changes = { data, loss, epochs: 20 };
      const session = await runToEnd(new Session(settings(changes), await load(changes)));
      expect(session.history.at(-1)?.last.error).toBe(0);
      expect(session.history.at(-1)?.average?.error).toBe(0);
    }
  });

  test('finds the line through noiseless points', async () => {
    const rows = Array.from({ length: 80 }, (_, i) => `${(3 * (i % 9)) / 9 - 1},${(i % 9) / 9}\n`).join('');
    const changes = {
      data: folder.write('line.csv', rows),
      loss: 'squared' as const,
      epochs: 100,
      lambd: 0,
      lr: 0.5,
    };
    const session = await runToEnd(new Session(settings(changes), await load(changes)));
    const { last } = session.models();
    expect(weightsOf(last).weight[0]).toBeCloseTo(3, 3);
    expect(weightsOf(last).bias[0]).toBeCloseTo(-1, 3);
    expect(session.history.at(-1)?.last.error).toBeLessThan(1e-3);
  });
});

describe('a checkpoint', () => {
  test('is refused for a model of another shape, and for other data of the same shape', async () => {
    const data = await load();
    const checkpoint = new Session(settings(), data).checkpoint();
    const { shape } = checkpoint;
    expect(() => requireFit('c', checkpoint, shape, checkpoint.data)).not.toThrow();
    expect(() => requireFit('c', checkpoint, { ...shape, features: 1 }, checkpoint.data)).toThrow(
      'c holds a softmax model of 3 features and 3 classes (0, 1, 2), but the data has 1 feature and 3 classes (0, 1, 2)',
    );
    expect(() => requireFit('c', checkpoint, { ...shape, classes: [0, 1, 7] }, checkpoint.data)).toThrow(
      '(0, 1, 7)',
    );
    expect(() => requireFit('c', checkpoint, shape, { ...checkpoint.data, test: 'other' })).toThrow(
      'c was made with other test data of the same shape',
    );
  });
});
