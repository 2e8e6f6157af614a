import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { benchLinear } from '../src/linear/bench.ts';
import { measureEpochs } from '../src/linear/epochs.ts';
import { allPrograms, type Program } from '../src/linear/programs.ts';
import { race } from '../src/linear/race.ts';
import { rcv1Like } from '../src/linear/rcv1-like.ts';
import { compileC, prepare, type Stage } from '../src/linear/stage.ts';
import { fakeProgram, tiny } from './fake-linear.ts';

const execArgv = ['--conditions=@asgd/source'];
let folder: string;
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'asgd-bench-test-'))));
afterAll(async () => rm(folder, { recursive: true }));

describe('epochs', () => {
  let stage: Stage;
  let programs: Program[];
  beforeAll(async () => {
    stage = await prepare(rcv1Like({ training: 700, test: 10, features: 400 }), folder);
    programs = allPrograms('no-python', await compileC(folder), execArgv).slice(0, 3);
  });

  test.each(['hinge', 'log'] as const)(
    'of both kernels are measured against the loop in C, which finds the same weights: %s',
    async (loss) => {
      const rows = await measureEpochs(stage, loss, programs, 2);
      expect(rows.map(({ subject, peer, pairs }) => [subject, peer, pairs.length])).toStrictEqual([
        ['asgd-wasm', 'c', 2],
        ['asgd-typescript', 'c', 2],
      ]);
      for (const { pairs } of rows) for (const time of pairs.flat()) expect(time).toBeGreaterThan(0);
    },
  );

  test('are not measured when a program does not compute the same', async () => {
    const [first, , c] = programs;
    if (!first || !c) throw new Error('two programs');
    const command: Program['command'] = (at, task) => {
      const [program, ...args] = c.command(at, task);
      const [lr, order, out] = args.splice(-3);
      return [program, ...args, String(1.01 * Number(lr)), order ?? '', out ?? ''];
    };
    await expect(measureEpochs(stage, 'log', [first, { ...c, command }], 1)).rejects.toThrow(
      /The weights of the same loop in C differ by .*: it does not compute the same/,
    );
  });
});

describe('a race', () => {
  test('gives each program as few epochs as bring it to the error of the one that has none', async () => {
    const stage = await prepare(tiny, folder);
    const programs = [
      fakeProgram('slow', 'subject', true, (epochs) => (epochs < 5 ? 2 : 3), folder),
      fakeProgram('never', 'peer', true, () => 2, folder),
      fakeProgram('judge', 'no epochs of its own', false, () => 3, folder),
    ];
    const finishes = await race(stage, 'hinge', programs, 2);
    expect(finishes).toMatchObject([
      { program: 'slow', epochs: 5, isThere: true, testError: 25, primalCost: 1.375, time: { count: 2 } },
      { program: 'never', epochs: 20, isThere: false, testError: 50 },
      { program: 'judge', isThere: true, testError: 25 },
    ]);
    expect(finishes[2]).not.toHaveProperty('epochs');
  });

  test('has no error to come to without that one', async () => {
    const stage = await prepare(tiny, folder);
    const programs = [fakeProgram('alone', 'subject', true, () => 3, folder)];
    expect(await race(stage, 'log', programs, 1)).toMatchObject([{ epochs: 20, isThere: false }]);
  });

  test('ends with what a program said when it failed', async () => {
    const stage = await prepare(tiny, folder);
    const broken: Program = {
      ...fakeProgram('broken', 'subject', true, () => 3, folder),
      command: () => [process.execPath, '-e', 'throw new Error("out of paper")'],
    };
    await expect(race(stage, 'log', [broken], 1)).rejects.toThrow('out of paper');
  });
});

test('a run without Python says so, and measures the rest', async () => {
  const kept: number[] = [];
  const report = await benchLinear([() => rcv1Like({ training: 600, test: 10, features: 300 })], {
    python: 'no-such-python',
    isQuick: true,
    hasTargets: true,
    follow: () => {},
    keep: async (known) => kept.push(known.epochs.length),
    execArgv,
  });
  expect(kept).toStrictEqual([2, 4]);
  expect(report.failures).toStrictEqual([]);
  const absent = report.programs.filter(({ probe }) => !probe.available);
  expect(absent.map(({ id }) => id)).toStrictEqual(['sgd', 'liblinear', 'vw']);
  for (const { probe } of absent) {
    expect(probe).toHaveProperty('reason', expect.stringContaining('no-such-python'));
  }
  expect(report.epochs.map(({ loss, subject, peer }) => [loss, subject, peer].join(' '))).toStrictEqual([
    'hinge asgd-wasm c',
    'hinge asgd-typescript c',
    'log asgd-wasm c',
    'log asgd-typescript c',
  ]);
  expect(report.finishes).toStrictEqual([]);
  expect(report.judgements.map(({ verdict }) => verdict === 'not measured')).toStrictEqual([
    false,
    true,
    true,
    true,
    true,
  ]);
});
