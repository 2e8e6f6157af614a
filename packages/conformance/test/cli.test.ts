import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
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

describe('asgd-conformance', () => {
  test('exits with 0 when everything that applies passes, and says so last', () => {
    const { status, stdout } = command('test/subjects/plain.ts', '--export', 'plain', ...few);
    expect(stdout.trimEnd().split('\n').at(-1)).toBe(
      'test/subjects/plain.ts#plain: conforms (2 passed, 0 failed, 0 skipped, 2 not applicable)',
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
    expect(stdout).toContain('failed step/plain/float32/n=257 (SPEC.md, Update)');
    expect(stdout).toMatch(/parameter 0 after step 1: at index \d+ expected/);
    expect(stdout).toContain('does not conform');
    expect(status).toBe(1);
  });

  test('exits with 1 when the backend cannot be opened, or no case was chosen', () => {
    const absent = command('test/subjects/plain.ts', '--export', 'absent');
    expect(absent.stdout).toContain('no such device');
    expect(absent.status).toBe(1);
    expect(command('test/subjects/subject.ts', '--only', 'no-such-case').status).toBe(1);
  });

  test('takes a default export, which may be a subject with a name of its own', () => {
    const { status, stdout } = command('test/subjects/subject.ts', ...few);
    expect(stdout).toContain('plain subject: conforms (4 passed');
    expect(status).toBe(0);
  });

  test('writes its report as JSON, Markdown and JUnit XML', () => {
    const [json, markdown, junit] = ['r.json', 'r.md', 'r.xml'].map((name) => join(scratch, name)) as [
      string,
      string,
      string,
    ];
    const files = ['--json', json, '--markdown', markdown, '--junit', junit];
    expect(command('test/subjects/subject.ts', ...few, ...files).status).toBe(0);
    const report = JSON.parse(readFileSync(json, 'utf8')) as Report;
    expect(report).toMatchObject({
      schema: 1,
      subject: 'plain subject',
      passed: true,
      only: 'step/plain/*/n=17',
    });
    expect(report.rows.map(({ id }) => id)).toContain('step/plain/float64/n=17');
    expect(readFileSync(markdown, 'utf8')).toContain('# Conformance of plain subject');
    expect(readFileSync(junit, 'utf8')).toContain('<testsuites name="plain subject"');
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
    ['a module that does not exist', ['./nowhere.js'], 'Cannot import ./nowhere.js'],
    ['an unknown option', ['a.js', '--fast'], "Unknown option '--fast'"],
    [
      'several factories to choose from',
      ['test/subjects/plain.ts'],
      'name one with --export. It exports absent, fusing, plain, version.',
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

  test('explains itself', () => {
    const { status, stdout } = command('--help');
    expect(stdout).toContain('Usage: asgd-conformance <module>');
    expect(status).toBe(0);
    expect(command('--version').stdout.trim()).toMatch(/^\d+\.\d+\.\d+/);
  });
});
