import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { outsideDependencies, publishedPackages } from '../src/packages.ts';
import { Project } from '../src/project.ts';
import { pack, repack } from '../src/tarball.ts';

const tarballs = mkdtempSync(join(tmpdir(), 'asgd-tarballs-'));
const project = new Project();
afterAll(() => {
  project[Symbol.dispose]();
  rmSync(tarballs, { recursive: true });
});

beforeAll(() => {
  const published = publishedPackages();
  project.copy(join(import.meta.dirname, '..', 'consumer'));
  project.install([
    ...published.map((ours) => pack(ours, tarballs)),
    ...outsideDependencies(published).map((others) => repack(others, tarballs)),
  ]);
});

describe('in an empty project that installed the tarballs', () => {
  test('a JavaScript program trains', () => {
    const { stdout, stderr } = project.run('node', ['train.mjs']);
    expect(stderr).toBe('');
    // 4 goes to 3.5, 3 and 2.5, whose mean is 3.
    expect(JSON.parse(stdout)).toStrictEqual({ backend: 'cpu', last: 2.5, average: 3 });
  });

  test('a JavaScript program examines a backend', () => {
    const { stdout, stderr } = project.run('node', ['examine.mjs']);
    expect(stderr).toBe('');
    const { passed, cases, problems } = JSON.parse(stdout) as {
      passed: boolean;
      cases: number;
      problems: string[];
    };
    expect({ passed, problems }).toStrictEqual({ passed: true, problems: [] });
    expect(cases).toBeGreaterThan(0);
  });

  test('a JavaScript program classifies texts', () => {
    const { stdout, stderr } = project.run('node', ['classify.mjs']);
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toStrictEqual({
      predicted: ['spam', 'ham'],
      error: { code: 'DATA', row: 1, column: 0 },
    });
  });

  test('a JavaScript program takes a checkpoint to a file and back', () => {
    const { stdout, stderr } = project.run('node', ['checkpoint.mjs']);
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toStrictEqual({ averages: [3, 3], formats: ['pt', 'safetensors'] });
  });

  test('the command asgd-torch lists what is in that file', () => {
    const command = join(project.folder, 'node_modules', '.bin', 'asgd-torch');
    const { status, stdout, stderr } = project.run(command, ['inspect', 'checkpoint.pt']);
    expect({ status, stderr }, stdout).toStrictEqual({ status: 0, stderr: '' });
    expect(stdout).toContain('optimizer.state.0.ax');
  });

  test('the command asgd-conformance examines a backend', () => {
    const command = join(project.folder, 'node_modules', '.bin', 'asgd-conformance');
    const { status, stdout, stderr } = project.run(command, [
      '@asgd/cpu',
      '--export',
      'cpu',
      '--only',
      'step/*',
    ]);
    expect({ status, stderr }, stdout).toStrictEqual({ status: 0, stderr: '' });
  });

  test.each([
    { compiler: 'tsc', resolution: 'nodenext' },
    { compiler: 'tsc', resolution: 'bundler' },
    { compiler: 'tsc6', resolution: 'nodenext' },
  ])(
    'TypeScript programs type-check: $compiler, moduleResolution $resolution',
    ({ compiler, resolution }) => {
      const compilerOptions = {
        module: resolution === 'bundler' ? 'esnext' : resolution,
        moduleResolution: resolution,
        target: 'es2022',
        lib: ['es2022'],
        types: [],
        strict: true,
        exactOptionalPropertyTypes: true,
        noUncheckedIndexedAccess: true,
        verbatimModuleSyntax: true,
        // The declarations are what this is about.
        skipLibCheck: false,
        noEmit: true,
      };
      project.write('tsconfig.json', JSON.stringify({ compilerOptions, include: ['*.ts'] }));
      const { status, stdout } = project.run(compiler, ['-p', 'tsconfig.json']);
      expect({ status, stdout }).toStrictEqual({ status: 0, stdout: '' });
    },
  );
});
