import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { adapt, type AdapterOptions } from '../src/adapter.ts';
import type { Subject } from '../src/case.ts';
import type { Report } from '../src/report.ts';
import { run } from '../src/run.ts';
import { plainBackend } from './kernels.ts';

const folder = join(import.meta.dirname, '..');
const plain: Subject = { name: 'plain', open: () => plainBackend({ dtypes: ['float32'] }) };
const reason = 'driver bug 7';

/** The names of the tests with their outcomes. */
async function runAdapted(
  subject: Subject,
  options: AdapterOptions,
): Promise<Readonly<Record<string, string>>> {
  const outcomes: Record<string, string> = {};
  const { tests, end } = await adapt(subject, options);
  for (const { name, skip, ...one } of tests) {
    outcomes[name] =
      skip ??
      (await one.run().then(
        () => 'passed',
        (error: Error) => error.message,
      ));
  }
  await end();
  return outcomes;
}

describe('the suite as tests of a framework', () => {
  const only = 'step/plain/float32/n=1';

  test('has a test for every case, and two for the run as a whole', async () => {
    expect(await runAdapted(plain, { only: `${only}*` })).toMatchObject({
      [only]: 'passed',
      'step/plain/float32/n=16': 'passed',
      'every expectation matches a case': 'passed',
      'enough cases run': 'passed',
    });
  });

  test('skips what does not apply, naming the capability', async () => {
    const outcomes = await runAdapted(plain, { only: 'step/plain/*/n=1' });
    expect(outcomes['step/plain/float64/n=1']).toMatch(/^not applicable: needs float64/);
  });

  test('skips what is expected to be skipped, with the reason', async () => {
    const expectations = [{ id: only, outcome: 'skip', reason }] as const;
    expect(await runAdapted(plain, { only, expectations })).toMatchObject({ [only]: reason });
  });

  test('fails a test that fails, with the message of the case', async () => {
    const fusing = { name: 'fusing', open: () => plainBackend({}, { fuses: 'decay' }) };
    const outcomes = await runAdapted(fusing, { only: 'step/plain/float32/n=257' });
    expect(outcomes['step/plain/float32/n=257']).toMatch(/^parameter 0 after step 1: at index \d+ expected/);
  });

  test('passes a case that fails as expected, and fails one that does not, naming the reason', async () => {
    const expectations = [{ id: 'step/plain/float32/n=257', outcome: 'fail', reason }] as const;
    const options = { only: 'step/plain/float32/n=257', expectations };
    const name = `step/plain/float32/n=257 (expected to fail: ${reason})`;
    const fusing = { name: 'fusing', open: () => plainBackend({}, { fuses: 'decay' }) };
    expect(await runAdapted(fusing, options)).toMatchObject({ [name]: 'passed' });
    expect((await runAdapted(plain, options))[name]).toContain('passed, but was expected to fail');
  });

  test('fails for an expectation that matches no case, and for too few cases', async () => {
    const expectations = [{ id: 'step/plane/*', outcome: 'skip', reason }] as const;
    const float64 = 'step/plain/float64/n=1';
    const outcomes = await runAdapted(plain, { only: float64, expectations });
    expect(outcomes['every expectation matches a case']).toContain('step/plane/* will skip matches no case');
    expect(outcomes['enough cases run']).toBe('0 of 1 cases ran; a run needs at least 1.');
    expect((await runAdapted(plain, { only: 'no-such-case' }))['the suite can start']).toContain(
      "No case matches 'no-such-case'",
    );
  });

  test('is one failing test when no backend can be opened', async () => {
    const open = (): never => {
      throw new Error('no such device');
    };
    expect(await runAdapted({ name: 'absent', open }, {})).toStrictEqual({
      'the suite can start': 'Error: no such device',
    });
    const expectations = [{ id: only, outcome: 'skip', reason: '' }] as const;
    expect((await runAdapted(plain, { expectations }))['the suite can start']).toContain(
      'expected a sentence',
    );
  });
});

describe('the report of a framework', () => {
  test('is the one of a run', async () => {
    const reports: Report[] = [];
    const options = { only: 'step/plain/*/n=1', onReport: (report: Report) => void reports.push(report) };
    await runAdapted(plain, options);
    const expected = await run(plain, { only: 'step/plain/*/n=1' });
    const timeless = ({ rows, ...rest }: Report): unknown => ({
      ...rest,
      rows: rows.map((row) => ({ ...row, duration: 0 })),
      startedAt: '',
      duration: 0,
    });
    expect(reports.map(timeless)).toStrictEqual([timeless(expected)]);
  });
});

describe('an engine that the tests share', () => {
  const only = 'step/plain/float32/n=1';

  test('is stopped when no backend opens on it', async () => {
    let running = 0;
    const engine = { start: () => ++running, stop: () => --running };
    const open = (): never => {
      throw new Error('no such device');
    };
    const { tests } = await adapt({ name: 'absent', engine, open }, { only });
    expect(tests.map(({ name }) => name)).toStrictEqual(['the suite can start']);
    expect(running).toBe(0);
  });

  test('that cannot be stopped fails the tests, after the report was given', async () => {
    const reports: Report[] = [];
    const stop = (): never => {
      throw new Error('stuck');
    };
    const subject: Subject = { ...plain, engine: { start: () => 1, stop } };
    const { end } = await adapt(subject, { only, onReport: (report) => void reports.push(report) });
    await expect(end()).rejects.toThrow('The engine could not be stopped: Error: stuck');
    expect(reports[0]?.problems).toContain('The engine could not be stopped: Error: stuck');
  });
});

describe('under vitest', () => {
  test('passes, fails and skips as it should, with reasons', () => {
    const vitest = join(dirname(createRequire(import.meta.url).resolve('vitest/package.json')), 'vitest.mjs');
    const scratch = mkdtempSync(join(tmpdir(), 'asgd-conformance-'));
    const file = join(scratch, 'report.json');
    const args = ['run', '--config', 'test/subjects/vitest.config.ts', '--outputFile', file];
    const { status } = spawnSync(process.execPath, [vitest, ...args], { cwd: folder, encoding: 'utf8' });
    const report = JSON.parse(readFileSync(file, 'utf8')) as VitestReport;
    rmSync(scratch, { recursive: true });
    expect(status).toBe(1);
    const tests = new Map(
      report.testResults.flatMap(({ assertionResults }) => assertionResults.map((one) => [one.title, one])),
    );
    expect(tests.get('step/plain/float32/n=3')?.status).toBe('passed');
    expect(tests.get('step/plain/float32/n=4')?.status).toBe('skipped');
    expect(tests.get('step/plain/float64/n=3')?.status).toBe('skipped');
    const surprising = tests.get('step/plain/float32/n=5 (expected to fail: driver bug 7)');
    expect(surprising?.status).toBe('failed');
    expect(surprising?.failureMessages?.[0]).toContain('passed, but was expected to fail (driver bug 7)');
    expect(report.success).toBe(false);
    expect(report.numFailedTests).toBe(1);
  });
});

interface VitestReport {
  readonly success: boolean;
  readonly numFailedTests: number;
  readonly testResults: readonly { readonly assertionResults: readonly VitestResult[] }[];
}

interface VitestResult {
  readonly title: string;
  readonly status: string;
  readonly failureMessages?: readonly string[];
}

describe('under node:test', () => {
  test('passes, fails and skips as it should, with reasons', () => {
    const { NODE_TEST_CONTEXT: _, ...env } = process.env;
    const args = ['--conditions=@asgd/source', '--test-reporter=tap', 'test/subjects/node-test.ts'];
    const { stdout, status } = spawnSync(process.execPath, args, { cwd: folder, env, encoding: 'utf8' });
    expect(status).toBe(1);
    expect(stdout).toMatch(/^ +ok \d+ - step\/plain\/float32\/n=3$/m);
    expect(stdout).toMatch(/^ +ok \d+ - step\/plain\/float32\/n=4 # SKIP takes an hour$/m);
    expect(stdout).toMatch(/^ +ok \d+ - step\/plain\/float64\/n=3 # SKIP not applicable: needs float64/m);
    expect(stdout).toMatch(/^ +not ok \d+ - step\/plain\/float32\/n=5 \(expected to fail: driver bug 7\)$/m);
    expect(stdout).toContain('passed, but was expected to fail (driver bug 7)');
    expect(stdout).toMatch(/^# fail 2$/m);
  });
});
