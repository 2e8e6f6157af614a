import { beforeAll, describe, expect, test } from 'vitest';
import { loadData, type Data } from '../src/data/load.ts';
import type { Subset } from '../src/data/subset.ts';
import { digitsDefaults as defaults, type Settings } from '../src/options.ts';
import { Session } from '../src/session.ts';

const never = new AbortController().signal;

function load(settings: Settings): Promise<Data> {
  return loadData(settings, () => ({ end: () => undefined }));
}

async function countLabels(subset: Subset): Promise<number[]> {
  const counts = Array.from({ length: 10 }, () => 0);
  for await (const { rows, picks } of subset.selections()) {
    for (const row of picks) counts[rows.labels[row] ?? NaN] = (counts[rows.labels[row] ?? NaN] ?? NaN) + 1;
  }
  return counts;
}

describe('the handwritten digits', () => {
  let data: Data;
  beforeAll(async () => {
    data = await load(defaults);
  });

  test('are split into 8000 for training and 2000 for testing, each with all ten digits', async () => {
    expect([data.training.count, data.test.count, data.features]).toStrictEqual([8000, 2000, 784]);
    const [training, tests] = [await countLabels(data.training), await countLabels(data.test)];
    expect(Math.min(...training)).toBeGreaterThan(600);
    tests.forEach((count, digit) => expect(Math.abs(count - (training[digit] ?? NaN) / 4)).toBeLessThan(1.5));
  });

  test('with --t0 auto are held out in part, and averaging begins early in the default run', async () => {
    const settings: Settings = { ...defaults, t0: 'auto', epochs: 8 };
    const watched = await load(settings);
    expect(watched.training.count + (watched.heldOut?.count ?? NaN)).toBe(8000);
    expect(watched.heldOut?.count).toBeGreaterThan(700);
    expect(watched.heldOut?.count).toBeLessThan(900);
    const session = new Session(settings, watched);
    expect(session.averagingFrom).toBeUndefined();
    while (!session.finished) await session.runEpoch(never);
    // At least seven checks, four per epoch.
    expect(session.averagingFrom).toBeGreaterThan((6 * session.stepsPerEpoch) / 4);
    expect(session.averaging).toBe(true);
  });

  test('are learned one against the rest by losses of two classes', async () => {
    const settings: Settings = { ...defaults, loss: 'hinge', lr: 'auto', epochs: 1 };
    const session = new Session(settings, await load(settings));
    const record = await session.runEpoch(never);
    expect(record?.average?.error).toBeLessThan(0.14);
  });
});
