import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { type Manifest, publishedPackages, readManifest } from '../src/packages.ts';
import { filesIn, pack, readIn } from '../src/tarball.ts';

const folder = mkdtempSync(join(tmpdir(), 'asgd-tarballs-'));
afterAll(() => rmSync(folder, { recursive: true }));

test('core, cpu and conformance are published', () => {
  const names = publishedPackages().map(({ name }) => name);
  expect(names).toStrictEqual(expect.arrayContaining(['@asgd/conformance', '@asgd/core', '@asgd/cpu']));
});

test('every published package is built before it is packed', () => {
  const { devDependencies } = readManifest(join(import.meta.dirname, '..', 'package.json'));
  const missing = publishedPackages().filter(({ name }) => devDependencies?.[name] === undefined);
  expect(missing, 'List them in the devDependencies of tools/packaging.').toStrictEqual([]);
});

describe.each(publishedPackages())('the tarball of $name', (published) => {
  let tarball = '';
  let manifest: Manifest;

  beforeAll(() => {
    tarball = pack(published, folder);
    manifest = JSON.parse(readIn(tarball, 'package.json')) as Manifest;
  });

  test('holds the built code, documentation and license, and nothing else', () => {
    const files = filesIn(tarball);
    expect(files).toStrictEqual(
      expect.arrayContaining(['LICENSE', 'README.md', 'dist/index.d.ts', 'dist/index.js']),
    );
    const known =
      /^(dist\/.+\.(js|js\.map|d\.ts|json)|LICENSE|README\.md|SPEC\.md|GUIDE\.md|report\.schema\.json|CHANGELOG\.md|package\.json)$/;
    expect(files.filter((file) => !known.test(file))).toStrictEqual([]);
  });

  test('asks for released versions, not for folders of this workspace', () => {
    const { dependencies, peerDependencies, optionalDependencies } = manifest;
    const ranges = Object.values({ ...dependencies, ...peerDependencies, ...optionalDependencies });
    expect(ranges.filter((range) => !/^[\^~>=\d]/.test(range))).toStrictEqual([]);
  });

  test('runs no script on the machine that installs it', () => {
    const hooks = new Set(['preinstall', 'install', 'postinstall', 'prepare']);
    expect(Object.keys(manifest.scripts ?? {}).filter((name) => hooks.has(name))).toStrictEqual([]);
  });

  test('depends, among our packages, on core alone, and on that as a peer', () => {
    const ours = (names: object | undefined): string[] =>
      Object.keys(names ?? {}).filter((name) => name.startsWith('@asgd/'));
    expect(ours(manifest.dependencies)).toStrictEqual([]);
    expect(ours(manifest.optionalDependencies)).toStrictEqual([]);
    expect(ours(manifest.peerDependencies)).toStrictEqual(
      published.name === '@asgd/core' ? [] : ['@asgd/core'],
    );
  });

  test('satisfies publint', () => {
    expect(complaints('publint', ['run', tarball, '--strict'])).toBe('');
  });

  test('has declarations that every way of resolving ES modules finds', () => {
    expect(complaints('attw', [tarball, '--profile', 'esm-only', '--no-emoji', '--no-color'])).toBe('');
  });
});

/** What a checker printed if it found something, and nothing if it did not. */
function complaints(command: string, args: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8' });
  if (error !== undefined) throw error;
  return status === 0 ? '' : `exit code ${status}\n${stdout}${stderr}`;
}
