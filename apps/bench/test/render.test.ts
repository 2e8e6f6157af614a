import { stripVTControlCharacters } from 'node:util';
import { describe, expect, test } from 'vitest';
import type { Contender } from '../src/contender.ts';
import { allContenders } from '../src/contenders/index.ts';
import { describeComparison, type Limits } from '../src/plan.ts';
import { renderReport } from '../src/render.ts';
import type { Report } from '../src/report.ts';
import { comparison, fakeContender } from './fake.ts';
import { reason, run, runOf } from './fake-run.ts';

const render = (report: Report): string => stripVTControlCharacters(renderReport(report));
const lineWith = (text: string, ...parts: readonly string[]): string =>
  text.split('\n').find((line) => parts.every((part) => line.includes(part))) ?? '';

/** Everybody who takes part in a real run, as if all were here. */
const everybody: readonly Contender[] = allContenders('python3').map((contender) => ({
  ...contender,
  probe: async () => ({
    available: true,
    version: '1.2.3-beta.4 on google swiftshader SwiftShader driver 5.0.0 (software), Chromium 153.0.8010.0',
  }),
}));

describe('the first table', () => {
  test('has each backend, fastest first, with what one would use instead', async () => {
    const contenders = [
      fakeContender({ id: 'asgd-slow', label: 'asgd slow', peers: ['other'] }),
      fakeContender({ id: 'asgd-fast', label: 'asgd fast', peers: ['other', 'another'] }),
      fakeContender({ id: 'other', label: 'the other' }),
      fakeContender({ id: 'another', label: 'yet another' }),
    ];
    const text = render(
      await runOf(
        contenders,
        ({ subject, peer }) => [
          subject.contender === 'asgd-slow' ? 8 : 2,
          peer.contender === 'other' ? 3 : 24,
        ],
        { quick: true },
      ),
    );
    const [, first = ''] = text.split(/Fastest first.*\n/);
    const lines = first
      .split('\n')
      .filter((line) => line.startsWith('│'))
      .slice(1, 4)
      .map((line) => line.split('│').map((cell) => cell.trim()));
    expect(lines).toStrictEqual([
      ['', 'asgd fast', '1', '2.00 ms', '1.50  the other', ''],
      ['', '', '', '', '12.0  yet another', ''],
      ['', 'asgd slow', '1', '8.00 ms', '0.38  the other', ''],
    ]);
  });

  test('holds ours against the fastest of several that are one product', async () => {
    const contenders = [
      fakeContender({ id: 'asgd', label: 'asgd', peers: ['loop', 'foreach'] }),
      fakeContender({ id: 'loop', label: 'PyTorch, foreach=False', product: 'PyTorch' }),
      fakeContender({ id: 'foreach', label: 'PyTorch, foreach=True', product: 'PyTorch' }),
    ];
    const text = render(
      await runOf(contenders, ({ peer }) => [2, peer.contender === 'loop' ? 10 : 6], { quick: true }),
    );
    expect(lineWith(text, '2.00 ms', 'PyTorch')).toContain('3.00  PyTorch');
    expect(text).not.toContain('5.00');
    expect(text).not.toContain('│ PyTorch, foreach');
  });

  test('is left out when its size was not measured', async () => {
    expect(render(await run({ limits: { only: '256 × 4 Ki' } }))).not.toContain('Fastest first');
  });
});

describe('the tables', () => {
  test('have a line for each size, with our time, the ratio and the time of the other', async () => {
    const [, averaging = ''] = render(await run()).split('Averaging: ');
    expect(lineWith(averaging, '256 × 4 Ki')).toMatch(/256 × 4 Ki .* 1 .* 2\.00 ms .* 2\.00 \(2\.00–2\.00\)/);
    expect(lineWith(averaging, 'GB/s', '4.00 ms')).not.toBe('');
  });

  test('have no column for who is not here, and the report says why', async () => {
    const text = render(await run());
    expect(lineWith(text, '│', 'PyTorch')).toBe('');
    expect(text.replaceAll('\n', ' ')).toContain(`Not measured: PyTorch. ${reason}`);
  });

  test('say in a footnote why there is a gap', async () => {
    const report = await run();
    const [first, ...rest] = report.rows;
    if (!first) throw new Error('a row');
    const gap: Report['rows'][number] = {
      ...first,
      subject: { ...first.subject, threads: 2 },
      peer: comparison('', 'pytorch-single').peer,
      outcome: { status: 'not measured', reason: 'it went home' },
    };
    const text = render({
      ...report,
      entrants: report.entrants.map((one) => ({ ...one, probe: { available: true, version: '1' } })),
      rows: [
        first,
        { ...first, peer: { ...first.peer, contender: 'pytorch-single' } },
        { ...first, subject: gap.subject },
        gap,
        ...rest,
      ],
    });
    expect(text).toContain('— [1]');
    expect(text).toContain('[1] it went home');
  });

  test('warn when the machine was busy', async () => {
    const report = await run();
    const withLoad = (load: number): string =>
      render({ ...report, machine: { ...report.machine, processors: 2, load } });
    expect(withLoad(1.9)).toContain('kept this machine busy: load 1.90 on 2 processors');
    expect(withLoad(0.1)).not.toContain('busy');
  });

  test('say that a GPU in software tells nothing of a real one', async () => {
    expect(render(await run())).not.toContain('in software');
    expect(render(await runOf(everybody, () => [1, 1], { quick: true }))).toContain('GPU in software');
  });
});

describe('targets', () => {
  const asked = { targetsOnly: true };

  test('are told only to those who ask', async () => {
    const text = render(await run());
    expect(text).not.toMatch(/target|met\b|missed|≥/i);
  });

  test('stand beside the ratio: missed before averaging, met when averaging', async () => {
    const [, averaging = '', before = ''] = render(await run({ limits: asked })).split(
      /^Averaging: |^Before averaging: /m,
    );
    expect(averaging).toContain('≥ 0.95 met');
    expect(averaging).not.toContain('≥ 0.95 missed');
    expect(before.split('Our backends')[0]).toContain('≥ 0.95 missed');
  });

  test('are listed with the verdict on all their rows, or the news that none was measured', async () => {
    const lines = render(await run({ limits: asked })).split('\n');
    const about = (what: string): string[] => {
      const at = lines.findIndex((line) => line.endsWith(what));
      return lines.slice(at, at + 2).map((line) => line.trim());
    };
    expect(lines).toContain('[1] this run had no such row of asgd-cpu');
    expect(about('cpu against the same loop by hand')).toStrictEqual([
      'missed        cpu against the same loop by hand',
      'at least 0.95 times as fast: 0.50 to 2.00 in 6 rows',
    ]);
    expect(about('cpu against TensorFlow.js cpu momentum')).toStrictEqual([
      'not measured  cpu against TensorFlow.js cpu momentum',
      'at least 10 times as fast [1]',
    ]);
  });

  test('of ours against itself are in the measure of the target, or else in time', async () => {
    const report = await run({ limits: asked });
    const row = report.rows.find(({ subject, peer }) => subject.contender === peer.contender);
    if (!row) throw new Error('a row of ours against itself');
    const speed = render({ ...report, rows: [row] });
    expect(speed).toContain('0.50 times as fast');
    expect(speed).toContain('≥ 1.5 missed');
    const time = render({ ...report, rows: [{ ...row, subject: row.peer }] });
    expect(time).toContain('2.00 times as long');
  });
});

describe('in 100 columns', () => {
  const widest = (text: string): number => Math.max(...text.split('\n').map((line) => line.length));

  test.for<[what: string, limits: Partial<Limits> & Pick<Limits, 'quick'>]>([
    ['a quick run', { quick: true }],
    ['a run', { quick: false }],
    ['a quick run of the targets', { quick: true, targetsOnly: true }],
    ['a run of the targets', { quick: false, targetsOnly: true }],
    ['all that there is', { quick: false, only: '' }],
  ])('fits the report of %s, however large the figures', async ([, limits]) => {
    const report = await runOf(everybody, () => [987.65, 987_650], limits);
    expect(report.rows.length).toBeGreaterThan(10);
    expect(widest(render(report))).toBeLessThanOrEqual(100);
  });

  test('fits what --list prints', async () => {
    const { rows } = await runOf(everybody, () => [1, 1], { quick: false, only: '' });
    expect(widest(rows.map((row) => describeComparison(row)).join('\n'))).toBeLessThanOrEqual(100);
  });
});
