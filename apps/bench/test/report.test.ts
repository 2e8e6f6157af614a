import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { bench } from '../src/bench.ts';
import { chartOf, drawChart } from '../src/chart.ts';
import type { Contender } from '../src/contender.ts';
import type { Outcome } from '../src/pairing.ts';
import { describeComparison } from '../src/plan.ts';
import type { Effort } from '../src/sampling.ts';
import { type Report, save, toJson } from '../src/report.ts';
import { renderReport } from '../src/table.ts';
import { comparison, effort, fakeContender, measured } from './fake.ts';

const reason = "python3 -c 'import torch' does not work (no module named torch): name a Python with --python";

const contenders: Contender[] = [
  fakeContender({ id: 'asgd-cpu', label: 'asgd cpu', peers: ['hand-loop', 'pytorch-single'] }),
  fakeContender({ id: 'hand-loop', label: 'by hand' }),
  fakeContender({
    id: 'pytorch-single',
    label: 'PyTorch',
    maxThreads: 2,
    probe: async () => ({ available: false, reason }),
  }),
];

/** Ours takes 2 ms a step; the loop by hand takes 1 ms before averaging, and 4 ms after. */
function run(followed: string[] = [], changes: Partial<Effort> = {}): Promise<Report> {
  return bench(contenders, {
    limits: { quick: true, processors: 2, memory: 2 ** 40 },
    effort: { ...effort, ...changes },
    async *measure({ comparisons }): AsyncGenerator<Outcome> {
      for (const { subject } of comparisons) {
        const theirs = subject.workload.phase === 'before' ? 1 : 4;
        yield measured([
          [2, theirs],
          [2, theirs],
        ]);
      }
    },
    follow: (what, done, all) => followed.push(`${done}/${all} ${what}`),
  });
}

describe('a run', () => {
  test('measures what is planned, in order, and tells how far it is', async () => {
    const followed: string[] = [];
    const { rows } = await run(followed);
    const timed = rows.filter(({ outcome }) => outcome.status === 'measured');
    expect(followed).toStrictEqual(timed.map((row, index) => `${index}/7 ${describeComparison(row)}`));
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
    const { rows } = await run(followed, { rounds: 3 });
    const first = rows.find(({ outcome }) => outcome.status === 'measured');
    expect(first?.outcome).toMatchObject({
      pairs: Array.from({ length: 6 }, () => [2, 1]),
      speed: { count: 6 },
    });
    expect(followed.at(-1)).toMatch(/^20\/21 /);
  });

  test('that is late leaves out what has not begun, and says so', async () => {
    const { rows } = await run([], { deadline: -1000 });
    const reasons = rows.map(({ outcome }) => (outcome.status === 'measured' ? '' : outcome.reason));
    expect(new Set(reasons)).toStrictEqual(new Set(['there was no time left for it in a quick run', reason]));
  });
});

describe('the table', () => {
  const lineWith = (text: string, ...parts: string[]): string =>
    stripVTControlCharacters(text)
      .split('\n')
      .find((line) => parts.every((part) => line.includes(part))) ?? '';

  test('has a line for each size, with the ratio beside our own time', async () => {
    const text = renderReport(await run());
    const line = lineWith(text, '1 Mi ', 'float32');
    expect(line).toMatch(/1 Mi .* float32 .* 1 .* 2\.00 ms .* 0\.500 \(0\.500–0\.500\)/);
  });

  test('puts the target beside the ratio: missed before averaging, met when blending', async () => {
    const [, before = '', blending = ''] = renderReport(await run()).split(/Before averaging:|Blending:/);
    expect(before).toContain('≥ 0.95 missed');
    expect(before).not.toContain('≥ 0.95 met');
    expect(blending.split('Ours against itself')[0]).toContain('≥ 0.95 met');
  });

  test('says in the column of a missing peer why it is missing', async () => {
    const text = stripVTControlCharacters(renderReport(await run()));
    const [, mark = 'none'] = /— (\[\d\]) /.exec(lineWith(text, '1 Mi ', 'float32')) ?? [];
    expect(text).toContain(`${mark} ${reason}`);
    expect(text.split(`] ${reason}`)).toHaveLength(2); // once, however many cells point there
  });

  test('does not repeat for two threads what only a missing peer could show', async () => {
    expect(lineWith(renderReport(await run()), '64 Ki', '│ 2 ')).toBe('');
  });

  test('holds ours against itself in the measure of the target, or else in time', async () => {
    const report = await run();
    const row = report.rows.find(({ subject, peer }) => subject.contender === peer.contender);
    if (!row) throw new Error('a row of ours against itself');
    const speed = renderReport({ ...report, rows: [row] });
    expect(lineWith(speed, '16 Mi')).toMatch(/0\.500 \(0\.500–0\.500\) × the speed .* ≥ 1\.5 missed/);
    const time = renderReport({ ...report, rows: [{ ...row, subject: row.peer }] });
    expect(lineWith(time, '16 Mi')).toMatch(/2\.00 \(2\.00–2\.00\) × the time .* none/);
  });

  test('tells how every target stands', async () => {
    const text = renderReport(await run());
    expect(lineWith(text, 'cpu against the same loop')).toMatch(
      /≥ 0\.95 .* 0\.500 to 2\.00 in 6 rows .* missed/,
    );
    expect(lineWith(text, 'cpu against TensorFlow.js')).toContain('not measured');
  });

  test('warns when the machine was busy', async () => {
    const report = await run();
    const render = (load: number): string =>
      renderReport({ ...report, machine: { ...report.machine, processors: 2, load } });
    expect(render(1.9)).toContain('busy with other programs: load 1.90 on 2 processors');
    expect(render(0.1)).not.toContain('busy');
  });
});

describe('the files', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'asgd-bench-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  test('hold every pair, the machine, versions and verdicts', async () => {
    const report = await run();
    const into = join(folder, 'made', 'for', 'it');
    const [json = '', svg = ''] = await save(report, '<svg/>', into);
    expect(await readdir(into)).toHaveLength(2);
    expect(await readFile(svg, 'utf8')).toBe('<svg/>');
    const read = JSON.parse(await readFile(json, 'utf8')) as Record<string, unknown>;
    expect(read).toMatchObject({ schema: 1, quick: true, machine: { node: process.versions.node } });
    expect(read['contenders']).toContainEqual({
      id: 'pytorch-single',
      label: 'PyTorch',
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
    const report = await run();
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
    const { data } = chartOf(await run()) as { data: { values: Record<string, unknown>[] } };
    // Six sizes each, and for ours 16 Mi before averaging, which it is only held against itself at.
    expect(data.values).toHaveLength(13);
    expect(data.values).toContainEqual({
      contender: 'asgd cpu',
      ours: true,
      size: '64 Ki',
      panel: 'Blending, float32',
      isOne: true,
      threads: '1 thread',
      time: (2 * 1e6) / 2 ** 16,
      lower: (2 * 1e6) / 2 ** 16,
      upper: (2 * 1e6) / 2 ** 16,
    });
  });

  test('gives a peer its own times', async () => {
    const { data } = chartOf(await run()) as { data: { values: Record<string, unknown>[] } };
    const theirs = data.values.find(
      ({ contender, size, panel }) =>
        contender === 'by hand' && size === '64 Ki' && panel === 'Blending, float32',
    );
    expect(theirs?.['time']).toBe((4 * 1e6) / 2 ** 16);
  });

  test('is drawn as SVG, with the contenders named', async () => {
    const svg = await drawChart(await run());
    expect(svg).toMatch(/^<svg /);
    const shown = ['asgd cpu', 'by hand', 'Blending, float32', '256 × 4 Ki'];
    expect(shown.filter((text) => !svg.includes(text))).toStrictEqual([]);
    expect(svg).not.toContain('PyTorch');
    expect(svg).not.toContain('NaN');
  });
});
