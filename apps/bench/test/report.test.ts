import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { chartOf, drawChart } from '../src/chart.ts';
import { describeComparison } from '../src/plan.ts';
import { save, toJson } from '../src/report.ts';
import { comparison, measured } from './fake.ts';
import { reason, run } from './fake-run.ts';

describe('a run', () => {
  test('measures what is planned, in order, and tells how far it is', async () => {
    const followed: string[] = [];
    const { rows } = await run({ followed });
    const timed = rows.filter(({ outcome }) => outcome.status === 'measured');
    expect(followed).toStrictEqual(timed.map((row, index) => `${index}/3 ${describeComparison(row)}`));
  });

  test('keeps what was not measured, with the reason', async () => {
    const { rows } = await run();
    const missing = rows.filter(({ peer }) => peer.contender === 'pytorch-single');
    expect(missing).toHaveLength(3);
    expect(
      missing.every(({ outcome }) => outcome.status === 'not measured' && outcome.reason === reason),
    ).toBe(true);
  });

  test('of several rounds has the pairs of all', async () => {
    const followed: string[] = [];
    const { rows } = await run({ followed, changes: { rounds: 3 } });
    const first = rows.find(({ outcome }) => outcome.status === 'measured');
    expect(first?.outcome).toMatchObject({
      pairs: Array.from({ length: 6 }, () => [2, 1]),
      speed: { count: 6 },
    });
    expect(followed.at(-1)).toMatch(/^8\/9 /);
  });

  test('that is late leaves out what has not begun, and says so', async () => {
    const { rows } = await run({ changes: { deadline: -1000 } });
    const reasons = rows.map(({ outcome }) => (outcome.status === 'measured' ? '' : outcome.reason));
    expect(new Set(reasons)).toStrictEqual(new Set(['a quick run had no time left for it', reason]));
  });
});

describe('the files', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'asgd-bench-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  test('hold every pair, the machine, versions and verdicts', async () => {
    const report = await run({ limits: { targetsOnly: true } });
    const into = join(folder, 'made', 'for', 'it');
    const [json = '', svg = ''] = await save(report, '<svg/>', into);
    expect(await readdir(into)).toHaveLength(2);
    expect(await readFile(svg, 'utf8')).toBe('<svg/>');
    const read = JSON.parse(await readFile(json, 'utf8')) as Record<string, unknown>;
    expect(read).toMatchObject({ schema: 2, quick: true, machine: { node: process.versions.node } });
    expect(read['contenders']).toContainEqual({
      id: 'pytorch-single',
      label: 'PyTorch',
      product: 'PyTorch',
      maxThreads: 2,
      ours: false,
      available: false,
      reason,
    });
    const two = { count: 2, median: 2, lower: 2, upper: 2, minimum: 2, maximum: 2 };
    expect(read['rows']).toContainEqual({
      ...comparison('asgd-cpu', 'hand-loop', { phase: 'before', length: 2 ** 20 }),
      outcome: {
        status: 'measured',
        agreement: 'identical bits in 8192 values',
        stepsPerSample: [1, 1],
        pairs: [
          [2, 1],
          [2, 1],
        ],
        subject: two,
        peer: { ...two, median: 1, lower: 1, upper: 1, minimum: 1, maximum: 1 },
        speed: { ...two, median: 0.5, lower: 0.5, upper: 0.5, minimum: 0.5, maximum: 0.5 },
      },
    });
    expect(read['targets']).toContainEqual(
      expect.objectContaining({ bound: 0.95, verdict: 'missed', worst: 0.5, best: 2 }),
    );
  });

  test('say of numbers no more than was measured', async () => {
    const report = await run({ limits: { targetsOnly: true } });
    const [first, ...rest] = report.rows;
    if (!first) throw new Error('a row');
    const noisy = { ...report, rows: [{ ...first, outcome: measured([[1 / 3, 2 / 3]]) }, ...rest] };
    const [json = ''] = await save(noisy, '', folder);
    expect(await readFile(json, 'utf8')).toContain('[0.333333,0.666667]');
    expect(JSON.stringify(toJson(noisy))).toContain('0.3333333333333333');
  });
});

describe('the chart', () => {
  test('has a point for each contender and workload that was measured, per element', async () => {
    const { data } = chartOf(await run({ limits: { targetsOnly: true } })) as {
      data: { values: Record<string, unknown>[] };
    };
    // Six sizes each, and for ours 16 Mi before averaging, which it is only held against itself at.
    expect(data.values).toHaveLength(13);
    expect(data.values).toContainEqual({
      contender: 'asgd cpu',
      ours: true,
      size: '64 Ki',
      panel: 'Averaging, float32',
      isOne: true,
      threads: '1 thread',
      time: (2 * 1e6) / 2 ** 16,
      lower: (2 * 1e6) / 2 ** 16,
      upper: (2 * 1e6) / 2 ** 16,
    });
  });

  test('gives a peer its own times', async () => {
    const { data } = chartOf(await run({ limits: { targetsOnly: true } })) as {
      data: { values: Record<string, unknown>[] };
    };
    const theirs = data.values.find(
      ({ contender, size, panel }) =>
        contender === 'by hand' && size === '64 Ki' && panel === 'Averaging, float32',
    );
    expect(theirs?.['time']).toBe((4 * 1e6) / 2 ** 16);
  });

  test('is drawn as SVG, with the contenders named', async () => {
    const svg = await drawChart(await run({ limits: { targetsOnly: true } }));
    expect(svg).toMatch(/^<svg /);
    const shown = ['asgd cpu', 'by hand', 'Averaging, float32', '256 × 4 Ki'];
    expect(shown.filter((text) => !svg.includes(text))).toStrictEqual([]);
    expect(svg).not.toContain('PyTorch');
    expect(svg).not.toContain('NaN');
  });
});
