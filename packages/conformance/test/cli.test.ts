import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test, vi } from 'vitest';
import type { Report } from '../src/report.ts';

const folder = join(import.meta.dirname, '..');
const scratch = mkdtempSync(join(tmpdir(), 'asgd-conformance-'));
afterAll(() => rmSync(scratch, { recursive: true }));

interface Ran {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function command(...args: readonly string[]): Ran {
  const node = ['--conditions=@asgd/source', 'src/cli.ts', ...args];
  return spawnSync(process.execPath, node, { cwd: folder, encoding: 'utf8' });
}

const few = ['--only', 'step/plain/*/n=17'];

/** Runs a backend that does something to its process, and gives the rows of the report that is left. */
function fool(name: string, only: string, ...args: readonly string[]): Ran & { readonly report: Report } {
  const file = join(scratch, `${name}.json`);
  const ran = command('test/subjects/foolers.ts', '--export', name, '--only', only, '--json', file, ...args);
  return { ...ran, report: JSON.parse(readFileSync(file, 'utf8')) as Report };
}

function errorsOf({ rows }: Report): readonly (string | null)[] {
  return rows.map(({ error }) => error);
}

describe('a backend that', () => {
  const seven = 'step/plain/float32/n=1*';

  test('ends the process with the exit code of success fails the case that ran', () => {
    const { status, stdout, report } = fool('exiting', seven);
    const exit = 'The process exited with code 0.';
    expect(errorsOf(report)).toStrictEqual([null, null, null, null, exit, null, null]);
    expect(stdout).toContain('1 of 7 selected cases failed');
    expect(status).toBe(1);
  });

  test('ends every process is given up, and the report says how many cases did not run', () => {
    const { status, report } = fool('exitingAlways', 'step/*/float32/*');
    expect(report.counts.fail).toBe(20);
    expect(report.problems[0]).toMatch(/^\d+ cases did not run, because 20 processes had died by then\.$/);
    expect(status).toBe(1);
  });

  test.each([
    ['rejecting', 'A promise was rejected with no handler', 'Error: the kernel was lost'],
    ['throwing', 'A callback threw', 'Error: the kernel failed later'],
    ['leaking', 'After close() something is still open', 'Timeout'],
  ])('leaves trouble behind fails each case in which it does: %s', (name, what, error) => {
    const { status, report } = fool(name, 'step/plain/float32/n=1');
    expect(errorsOf(report)).toHaveLength(1);
    expect(errorsOf(report)[0]).toContain(what);
    expect(errorsOf(report)[0]).toContain(error);
    expect(report).toMatchObject({ problems: [], verdict: 'the selection fails' });
    expect(status).toBe(1);
  });

  test('blocks its thread is killed, and the next case runs', () => {
    const { status, report } = fool('blocking', 'step/plain/float32/n=1*', '--timeout', '100');
    expect(report.rows).toHaveLength(7);
    expect(errorsOf(report)[0]).toMatch(/^The process did not answer within .+ s and was killed\.$/);
    expect(status).toBe(1);
  });

  test('ends the process before there is a backend cannot be opened', () => {
    const { status, report } = fool('neverOpening', seven);
    expect(report.problems[0]).toBe(
      'No case ran, because the backend could not be opened: The process exited with code 0.',
    );
    expect(report.rows).toStrictEqual([]);
    expect(status).toBe(1);
  });

  test('blocks its thread ends with the command, which leaves the report of the run so far', async () => {
    const file = join(scratch, 'interrupted.json');
    const args = ['test/subjects/foolers.ts', '--export', 'blocking', '--only', 'step/plain/float32/n=*'];
    const node = ['--conditions=@asgd/source', 'src/cli.ts', ...args, '--json', file];
    const child = spawn(process.execPath, node, { cwd: folder, stdio: ['ignore', 'ignore', 'ignore'] });
    await vi.waitUntil(() => existsSync(file), { timeout: 300_000, interval: 50 });
    child.kill('SIGTERM');
    const [code] = (await once(child, 'exit')) as [number | null];
    expect(code).toBe(130);
    const report = JSON.parse(readFileSync(file, 'utf8')) as Report;
    expect(report).toMatchObject({ verdict: 'unfinished', passed: false });
  });

  test('ends the process when it is imported cannot be examined', () => {
    const { status, stderr } = command('test/subjects/never-imported.ts');
    expect(stderr).toContain(
      'Cannot import test/subjects/never-imported.ts: The process exited with code 0.',
    );
    expect(status).toBe(2);
  });
});

describe('asgd-conformance', () => {
  test('says that a backend conforms only after the whole suite', { timeout: 1_800_000 }, () => {
    const { status, stdout, stderr } = command('test/subjects/conforming.ts', '--timeout', '1200000');
    expect(stdout.trimEnd().split('\n').at(-1)).toMatch(
      /#conforming: conforms \(\d{4} passed, 0 failed, 0 skipped/,
    );
    expect(stderr).toContain('500 cases: ');
    expect(status).toBe(0);
  });

  test('exits with 0 when everything that applies passes, and says so last', () => {
    const { status, stdout } = command('test/subjects/plain.ts', '--export', 'plain', ...few);
    expect(stdout.trimEnd().split('\n').at(-1)).toBe(
      'test/subjects/plain.ts#plain: 2 selected cases pass (2 passed, 0 failed, 0 skipped, 2 not applicable)',
    );
    expect(status).toBe(0);
  });

  test('exits with 1 when a case fails, and says which and why', () => {
    const { status, stdout } = command(
      './test/subjects/plain.ts',
      '--export',
      'fusing',
      '--only',
      'step/plain/float32/n=257',
    );
    expect(stdout).toContain('perhaps as if the product of eta and the gradient were not rounded, but fused');
    expect(stdout).toContain('   step/plain/float32/n=257 (SPEC.md, Update)');
    expect(stdout).toMatch(/step 1: \d+ of 257 elements wrong, the first at index \d+ \(float32\)/);
    expect(stdout).toMatch(/parameter expected +-?[\d.]+ +0x[\da-f]{8}/);
    const again =
      "again: asgd-conformance ./test/subjects/plain.ts --export fusing --only 'step/plain/float32/n=257'";
    expect(stdout).toContain(again);
    expect(stdout).toContain('1 of 1 selected case failed');
    expect(status).toBe(1);
  });

  test('exits with 1 when the backend cannot be opened', () => {
    const absent = command('test/subjects/plain.ts', '--export', 'absent');
    expect(absent.stdout).toContain('no such device');
    expect(absent.status).toBe(1);
  });

  test('takes a default export, which may be a subject with a name of its own', () => {
    const { status, stdout } = command('test/subjects/subject.ts', ...few);
    expect(stdout).toContain('plain subject: 4 selected cases pass (4 passed');
    expect(status).toBe(0);
  });

  test('writes its report as JSON, Markdown and JUnit XML, and a badge', () => {
    const path = (name: string): string => join(scratch, name);
    const [json, markdown, junit, badge] = [
      path('r.json'),
      path('r.md'),
      path('r.xml'),
      path('r.svg'),
    ] as const;
    const files = ['--json', json, '--markdown', markdown, '--junit', junit, '--badge', badge];
    expect(command('test/subjects/subject.ts', ...few, ...files).status).toBe(0);
    const report = JSON.parse(readFileSync(json, 'utf8')) as Report;
    expect(report).toMatchObject({
      schema: 1,
      subject: 'plain subject',
      passed: true,
      selection: { only: ['step/plain/*/n=17'], shard: null },
      verdict: 'the selection passes',
    });
    expect(report.rows.map(({ id }) => id)).toContain('step/plain/float64/n=17');
    expect(readFileSync(markdown, 'utf8')).toContain('# Conformance of plain subject');
    expect(readFileSync(junit, 'utf8')).toContain('<testsuites name="plain subject"');
    expect(readFileSync(badge, 'utf8')).toContain('>4 selected cases pass</text>');
  });

  test('takes expectations from a file', () => {
    const file = join(scratch, 'expectations.json');
    const expectations = [{ id: 'step/*', outcome: 'fail', reason: 'fused' }];
    writeFileSync(file, JSON.stringify(expectations));
    const args = ['test/subjects/plain.ts', '--export', 'fusing', '--only', 'step/*/float32/n=257'];
    const { status, stdout } = command(...args, '--expectations', file);
    expect(stdout).toContain('failed as expected step/plain/float32/n=257: fused');
    expect(status).toBe(0);
  });

  test.each([
    ['no module', [], 'Expected one module, but got none'],
    ['two modules', ['a.js', 'b.js'], 'Expected one module, but got 2: a.js, b.js'],
    ['two exports', ['a.js', '--export', 'a', '--export', 'b'], 'Expected one --export, but got 2: a, b'],
    ['a module that does not exist', ['./nowhere.js'], 'Cannot import ./nowhere.js'],
    ['an unknown option', ['a.js', '--fast'], "Unknown option '--fast'"],
    [
      'a selection that matches no case',
      ['test/subjects/subject.ts', '--only', 'step/plain'],
      "No case matches 'step/plain', where * stands for any text. Write 'step/plain*'",
    ],
    ['a shard that does not exist', ['a.js', '--shard', '5/4'], '--shard is 5/4: expected a part'],
    [
      'a seed that is not a whole number',
      ['a.js', '--seed', '1e3'],
      '--seed is 1e3: expected a whole number',
    ],
    [
      'several factories to choose from',
      ['test/subjects/plain.ts'],
      'the export has to be named. It exports absent, fusing, plain, version. Name an export with --export.',
    ],
    [
      'an export that does not exist',
      ['test/subjects/plain.ts', '--export', 'plan'],
      "The export 'plan' of test/subjects/plain.ts does not exist",
    ],
    [
      'an export that is not a factory',
      ['test/subjects/plain.ts', '--export', 'version'],
      "'version' of test/subjects/plain.ts is of type string",
    ],
    [
      'a timeout that is not a number',
      ['a.js', '--timeout', 'soon'],
      '--timeout is soon: expected a number of milliseconds',
    ],
    [
      'expectations that cannot be read',
      ['test/subjects/subject.ts', '--expectations', 'nowhere.json'],
      'Cannot read the expectations in nowhere.json',
    ],
    [
      'a report that cannot be written',
      ['test/subjects/subject.ts', ...few, '--json', 'nowhere/r.json'],
      'Cannot write the report to nowhere/r.json',
    ],
  ])('exits with 2 for %s, and says what to do', (_, args, message) => {
    const { status, stderr } = command(...args);
    expect(stderr).toContain(`asgd-conformance: `);
    expect(stderr).toContain(message);
    expect(status).toBe(2);
  });

  test('lists the cases that a run would select', () => {
    const { status, stdout } = command('--list', '--only', 'step/plain/*/n=17', '--shard', '1/2');
    expect(stdout).toBe('step/plain/float32/n=17\nstep/plain/complex64/n=17\n');
    expect(status).toBe(0);
  });

  test('explains itself', () => {
    const { status, stdout } = command('--help');
    expect(stdout).toContain('Usage: asgd-conformance <module>');
    expect(status).toBe(0);
    expect(command('--version').stdout.trim()).toMatch(/^\d+\.\d+\.\d+/);
  });
});
