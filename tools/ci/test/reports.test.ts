import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { line, summarize } from '../src/reports.ts';

let root = '';

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'asgd-ci-'));
});

afterEach(() => {
  rmSync(root, { recursive: true });
});

function write(path: string, content: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), content);
}

interface ReportOptions {
  readonly success?: boolean;
  readonly status?: string;
}

/** A package with one test file, and a report in which tests of these outcomes ran. */
function tested(folder: string, outcomes: readonly string[], options: ReportOptions = {}): void {
  const { success = !outcomes.includes('failed'), status = success ? 'passed' : 'failed' } = options;
  write(`${folder}/package.json`, '{}');
  write(`${folder}/test/a.test.ts`, '');
  const assertionResults = outcomes.map((outcome, index) => ({
    fullName: `test ${index}`,
    status: outcome,
    failureMessages: outcome === 'failed' ? [`Error: ${index} is wrong\n    at a.test.ts`] : [],
  }));
  const message = status === 'passed' ? '' : 'Cannot find module';
  const testResults = [{ name: `/elsewhere/${folder}/test/a.test.ts`, status, message, assertionResults }];
  write(`${folder}/reports/vitest.json`, JSON.stringify({ success, testResults }));
}

describe('the totals', () => {
  test('are those of all packages together', () => {
    tested('packages/core', ['passed', 'passed', 'skipped']);
    tested('apps/train', ['passed', 'failed', 'todo']);
    expect(summarize(root)).toMatchObject({ passed: 3, failed: 1, skipped: 2, problems: [] });
  });

  test('count a test file that could not be loaded as one failure', () => {
    tested('packages/core', [], { success: false });
    expect(summarize(root)).toMatchObject({ passed: 0, failed: 1 });
  });

  test('count a test file whose hooks failed as one failure', () => {
    tested('packages/core', ['passed', 'skipped'], { success: false });
    expect(summarize(root)).toMatchObject({ passed: 1, failed: 1, skipped: 1 });
  });

  test('leave out packages that have no tests', () => {
    tested('packages/core', ['passed']);
    write('tools/golden/package.json', '{}');
    expect(summarize(root)).toMatchObject({ passed: 1, failed: 0, skipped: 0, problems: [] });
  });
});

describe('reports of pytest', () => {
  function pytest(counts: string, cases = ''): void {
    tested('packages/core', ['passed']);
    const suite = `<testsuite name="pytest" ${counts} time="2.5" timestamp="2026-11-27T14:00:00+00:00">${cases}`;
    write(
      'apps/spark/reports/junit.xml',
      `<?xml version="1.0"?><testsuites name="tests">${suite}</testsuite></testsuites>`,
    );
  }

  test('are added to the others', () => {
    pytest('errors="1" failures="2" skipped="3" tests="16"');
    expect(summarize(root)).toMatchObject({ passed: 11, failed: 3, skipped: 3, problems: [] });
  });

  test('name what failed', () => {
    const failed =
      '<testcase classname="tests.test_a" name="test_b" time="1"><failure message="x">y</failure></testcase>';
    const passed = '<testcase classname="tests.test_a" name="test_c" time="1" />';
    pytest('errors="0" failures="1" skipped="0" tests="2"', `${passed}${failed}${passed}`);
    expect(summarize(root).failures.map(({ test: name }) => name)).toStrictEqual([
      'apps/spark/reports/junit.xml: tests.test_a.test_b',
    ]);
  });

  test('are a problem when no test ran in them, or when they are none', () => {
    pytest('errors="0" failures="0" skipped="3" tests="3"');
    expect(summarize(root).problems).toStrictEqual(['apps/spark/reports/junit.xml has no test that ran.']);
    pytest('');
    expect(summarize(root).problems).toStrictEqual([
      'apps/spark/reports/junit.xml is not a report of pytest.',
    ]);
  });
});

describe('what failed', () => {
  test('is named with its file and what was said', () => {
    tested('packages/core', ['passed', 'failed']);
    tested('packages/cpu', ['passed']);
    expect(summarize(root).failures).toStrictEqual([
      { test: 'packages/core/test/a.test.ts: test 1', message: 'Error: 1 is wrong\n    at a.test.ts' },
    ]);
  });

  test('may be a file', () => {
    tested('packages/core', ['passed', 'skipped'], { success: false });
    expect(summarize(root).failures).toStrictEqual([
      { test: 'packages/core/test/a.test.ts', message: 'Cannot find module' },
    ]);
  });
});

describe('a problem is', () => {
  test('a package with tests and no report', () => {
    tested('packages/core', ['passed']);
    tested('packages/cpu', ['passed']);
    rmSync(join(root, 'packages/cpu/reports'), { recursive: true });
    expect(summarize(root).problems).toStrictEqual(['packages/cpu has tests but left no report.']);
  });

  test('a report in which no test ran', () => {
    tested('packages/core', ['skipped']);
    expect(summarize(root).problems).toStrictEqual([
      'packages/core/reports/vitest.json has no test that ran.',
    ]);
  });

  test('a test file that is in no report', () => {
    tested('packages/core', ['passed']);
    write('packages/core/test/deep/b.test.ts', '');
    expect(summarize(root).problems).toStrictEqual(['packages/core/test/deep/b.test.ts is in no report.']);
  });

  test('a report that was cut short', () => {
    tested('packages/core', ['passed']);
    write('packages/core/reports/vitest.json', '{"success":true,');
    expect(summarize(root).problems.join()).toContain(
      'packages/core/reports/vitest.json is not a vitest report',
    );
  });

  test('a file among the reports that is none', () => {
    tested('packages/core', ['passed']);
    write('packages/core/reports/other.json', '{}');
    expect(summarize(root).problems.join()).toContain(
      'packages/core/reports/other.json is not a vitest report',
    );
  });

  test('a run that failed though every test passed', () => {
    tested('packages/core', ['passed'], { success: false, status: 'passed' });
    expect(summarize(root).problems).toStrictEqual([
      'packages/core/reports/vitest.json says that the run failed outside of its tests.',
    ]);
  });

  test('a workspace without any test', () => {
    expect(summarize(root).problems).toStrictEqual([`${root} has no tests.`]);
  });
});

describe('the line', () => {
  test('names the skipped tests only where there are some', () => {
    expect(line({ passed: 3, failed: 1, skipped: 0 })).toBe('3 passed, 1 failed');
    expect(line({ passed: 3, failed: 1, skipped: 2 })).toBe('3 passed, 1 failed, 2 skipped');
  });

  test('is all that the command prints on standard output', () => {
    tested('packages/core', ['passed']);
    expect(command()).toMatchObject({ stdout: '1 passed, 0 failed\n', stderr: '', status: 0 });
  });
});

describe('the command fails', () => {
  test('when a test failed, and says which', () => {
    tested('packages/core', ['passed', 'failed']);
    expect(command()).toMatchObject({
      stdout: '1 passed, 1 failed\n',
      stderr: 'Failed: packages/core/test/a.test.ts: test 1\n  Error: 1 is wrong\n      at a.test.ts\n',
      status: 1,
    });
  });

  test('when many failed, and names the first', () => {
    tested(
      'packages/core',
      Array.from({ length: 7 }, () => 'failed'),
    );
    const { stderr } = command();
    expect(stderr.match(/^Failed: packages/gm)).toHaveLength(5);
    expect(stderr).toMatch(/\nFailed: 2 more\.\n$/);
  });

  test('when the totals cannot be trusted, and says why', () => {
    tested('packages/core', ['passed']);
    write('packages/core/test/b.test.ts', '');
    expect(command()).toMatchObject({
      stdout: '1 passed, 0 failed\n',
      stderr: 'packages/core/test/b.test.ts is in no report.\n',
      status: 1,
    });
  });
});

function command(): { stdout: string; stderr: string; status: number | null } {
  const main = join(import.meta.dirname, '..', 'src', 'main.ts');
  // Node 22 would warn that it strips types.
  return spawnSync(process.execPath, ['--no-warnings', main, root], { encoding: 'utf8' });
}
