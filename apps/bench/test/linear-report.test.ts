import { stripVTControlCharacters } from 'node:util';
import { describe, expect, test } from 'vitest';
import type { EpochRow } from '../src/linear/epochs.ts';
import type { Finish } from '../src/linear/race.ts';
import { type LinearReport, renderLinear, renderRace } from '../src/linear/report.ts';
import { judgeLinear } from '../src/linear/targets.ts';
import { benchCommand } from '../src/options.ts';
import { summarize } from '../src/statistics.ts';

const row = (subject: string, peer: string, speed: number): EpochRow => ({
  problem: 'tiny',
  loss: 'log',
  subject,
  peer,
  pairs: [[10, 10 * speed]],
  subjectTime: summarize([10]),
  peerTime: summarize([10 * speed]),
  speed: summarize([speed]),
});
const finish = (program: string, time: number, isThere = true): Finish => ({
  problem: 'tiny',
  loss: 'log',
  lambd: 1e-5,
  program,
  ...(program !== 'liblinear' && { epochs: 3 }),
  isThere,
  time: summarize([time]),
  primalCost: 0.123_456,
  testError: 1.5,
});

const report: LinearReport = {
  started: new Date('2026-11-27T12:00:00Z'),
  machine: {
    processor: 'A processor',
    processors: 2,
    memory: 1,
    system: 'Linux',
    load: 0.2,
    node: '24.0.0',
    v8: '13',
    commit: null,
    modified: false,
  },
  problems: [{ id: 'tiny', label: 'four rows' }],
  programs: [
    { id: 'asgd-wasm', label: 'ours', role: 'subject', probe: { available: true, version: '1' } },
    { id: 'c', label: 'C', role: 'peer', probe: { available: true, version: 'cc 12' } },
    {
      id: 'liblinear',
      label: 'LIBLINEAR',
      role: 'no epochs of its own',
      probe: { available: false, reason: 'why' },
    },
  ],
  failures: [],
  epochs: [row('asgd-wasm', 'c', 0.9)],
  finishes: [finish('asgd-wasm', 1500), finish('liblinear', 3000)],
  judgements: [],
};
const shown = (changes: Partial<LinearReport> = {}): string =>
  stripVTControlCharacters(renderLinear({ ...report, ...changes }));

describe('the report about linear models', () => {
  test('says first on what it was measured, and which programs are missing', () => {
    const [machine, missing] = shown().split('\n');
    expect(machine).toBe('A processor, 2 processors, 2026-11-27, Node 24.0.0');
    expect(missing).toBe('Not measured: LIBLINEAR. why');
    const busy = shown({ machine: { ...report.machine, load: 4 } });
    expect(busy.replaceAll('\n', ' ')).toContain('measured while other programs used the cores (load 4.00)');
  });

  test('says which part of the run failed', () => {
    expect(shown({ failures: ['four rows, log: it fell over'] })).toContain(
      'Not measured: four rows, log: it fell over',
    );
  });

  test('shows how many times as fast an epoch is, and how long', () => {
    expect(shown()).toContain('│ log        │ 10.0 ms  │ 9.00 ms          │');
    expect(shown()).toContain('0.90 (0.90–0.90)');
  });

  test('has a table of costs and errors in Markdown', () => {
    expect(renderRace(report).split('\n').slice(2)).toStrictEqual([
      '| four rows, log, λ = 1e-5 | ours | 3 | 1.50 s | 0.1235 | 1.50 % |',
      '| four rows, log, λ = 1e-5 | LIBLINEAR | – | 3.00 s | 0.1235 | 1.50 % |',
    ]);
    const late = { ...report, finishes: [finish('asgd-wasm', 1500, false)] };
    expect(renderRace(late)).toContain('| 3 (not there) |');
  });
});

describe('the targets for linear models', () => {
  test('are met when the worst row meets them', () => {
    const rows = [row('asgd-wasm', 'c', 0.9), row('asgd-wasm', 'sgd', 3), row('asgd-wasm', 'sgd', 1.9)];
    const finishes = [finish('asgd-wasm', 1000), finish('sgd', 2000), finish('liblinear', 900)];
    expect(judgeLinear(rows, finishes)).toMatchObject([
      { verdict: 'met', found: { worst: 0.9, rows: 1 } },
      { verdict: 'missed', found: { worst: 1.9, best: 3, rows: 2 } },
      { verdict: 'not measured' },
      { verdict: 'met', found: { worst: 2 } },
      { verdict: 'missed', found: { worst: 0.9 } },
    ]);
  });

  test('are missed by who does not come to the error', () => {
    const finishes = [finish('asgd-wasm', 1, false), finish('sgd', 2000)];
    expect(judgeLinear([], finishes)[3]).toMatchObject({ verdict: 'missed', found: { worst: 0 } });
  });
});

test('--linear takes no part of the other run', async () => {
  const command = benchCommand(() => {})
    .exitOverride()
    .configureOutput({ writeErr: () => {} });
  await expect(command.parseAsync(['--linear', '--only', 'x'], { from: 'user' })).rejects.toThrow('--only');
});
