import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { isProgram, type Manifest, publishedPackages, readManifest, workspace } from '../src/packages.ts';
import { filesIn, pack, readIn } from '../src/tarball.ts';
import { WorkspaceCopy } from '../src/workspace-copy.ts';

const folder = mkdtempSync(join(tmpdir(), 'asgd-tarballs-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** What packages run of ours that a user has not chosen. */
const runs: Readonly<Record<string, readonly string[]>> = {
  '@asgd/tfjs': ['@asgd/cpu', '@asgd/wasm', '@asgd/webgpu'],
  'asgd-train': ['@asgd/core', '@asgd/linear'],
};

test('core, cpu and conformance are published', () => {
  const names = publishedPackages().map(({ name }) => name);
  expect(names).toStrictEqual(expect.arrayContaining(['@asgd/conformance', '@asgd/core', '@asgd/cpu']));
});

test('every published package is built before it is packed', () => {
  const { devDependencies } = readManifest(join(import.meta.dirname, '..', 'package.json'));
  const missing = publishedPackages().filter(({ name }) => devDependencies?.[name] === undefined);
  expect(missing, 'List them in the devDependencies of tools/packaging.').toStrictEqual([]);
});

test('the changelogs of released packages are in their tarballs', async () => {
  using copy = new WorkspaceCopy();
  copy.addChangeset({ '@asgd/cpu': 'minor' }, 'It adds.');
  await copy.run('changeset', ['version']);
  const tarball = pack(copy.package('@asgd/cpu'), folder);
  expect(readIn(tarball, 'CHANGELOG.md')).toMatch(/^## 0\.1\.0\n\n### Minor Changes\n\n- .*It adds\.$/m);
});

test('a package that depends on others of ours keeps taking all of their releases before 1.0', async () => {
  using copy = new WorkspaceCopy();
  copy.addChangeset({ '@asgd/cpu': 'minor', '@asgd/tfjs': 'minor' }, 'They are released together.');
  await copy.run('changeset', ['version']);
  const { dependencies, peerDependencies } = copy.manifest('@asgd/tfjs');
  expect(dependencies).toMatchObject({ '@asgd/cpu': 'workspace:>=0.1.0 <1.0.0-0' });
  expect(peerDependencies).toMatchObject({ '@asgd/core': 'workspace:0.x' });
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
    const built = isProgram(published) ? ['dist/main.js'] : ['dist/index.d.ts', 'dist/index.js'];
    expect(files).toStrictEqual(expect.arrayContaining(['LICENSE', 'README.md', ...built]));
    const known =
      /^(dist\/.+\.(js|js\.map|d\.ts|json)|LICENSE|README\.md|SPEC\.md|GUIDE\.md|PARTIAL\.md|vectors\/(README\.md|check-vectors\.cpp|\w+\.json)|(report|comparison)\.schema\.json|CHANGELOG\.md|(errors\/)?package\.json)$/;
    expect(files.filter((file) => !known.test(file))).toStrictEqual([]);
  });

  test('asks for released versions, not for folders of this workspace', () => {
    const { dependencies, peerDependencies, optionalDependencies } = manifest;
    const ranges = Object.values({ ...dependencies, ...peerDependencies, ...optionalDependencies });
    expect(ranges.filter((range) => !/^[\^~>=\d]/.test(range))).toStrictEqual([]);
  });

  test('has nothing in its package.json that is for this workspace', () => {
    expect(Object.keys(manifest)).not.toContain('scripts'); // so it runs nothing where it is installed, either
    expect(Object.keys(manifest)).not.toContain('devDependencies');
    expect(JSON.stringify(manifest)).not.toMatch(/@asgd\/source|\/src\/|workspace:|catalog:/);
  });

  test('says where it comes from, and where to ask', () => {
    const { author, repository } = readManifest(join(workspace, 'package.json'));
    const directory = published.folder.slice(workspace.length + 1);
    const address = repository?.url.replace(/^git\+(.*)\.git$/, '$1');
    expect(address).toMatch(/^https:\/\/[^/]+\/[^/]+\/[^/]+$/);
    expect(manifest).toMatchObject({
      author,
      license: 'MIT',
      repository: { type: 'git', url: `git+${address}.git`, directory },
      homepage: `${address}/tree/main/${directory}#readme`,
      bugs: { url: `${address}/issues` },
    });
    expect(manifest.keywords?.length).toBeGreaterThan(5);
  });

  test('has every file that its package.json names', () => {
    const named = [...JSON.stringify(manifest).matchAll(/:"\.\/([^"]+)"/g)].map(([, file]) => file);
    expect(filesIn(tarball)).toStrictEqual(expect.arrayContaining(named));
  });

  test('depends, among our packages, on core as a peer, and else only on what it runs', () => {
    const ours = (names: object | undefined): string[] =>
      Object.keys(names ?? {}).filter((name) => name.startsWith('@asgd/'));
    expect(ours(manifest.dependencies)).toStrictEqual(runs[published.name] ?? []);
    expect(ours(manifest.optionalDependencies)).toStrictEqual([]);
    // A program has nobody to share core with.
    const hasPeer = published.name !== '@asgd/core' && !isProgram(published);
    expect(ours(manifest.peerDependencies)).toStrictEqual(hasPeer ? ['@asgd/core'] : []);
  });

  test('satisfies publint', () => {
    expect(complaints('publint', ['run', tarball, '--strict'])).toBe('');
  });

  test('has declarations that every way of resolving ES modules finds', ({ skip }) => {
    skip(isProgram(published), 'a program is run, not imported: it has no declarations');
    expect(complaints('attw', [tarball, '--profile', 'esm-only', '--no-emoji', '--no-color'])).toBe('');
  });
});

test('the folder errors of core leads resolvers that do not read exports to the entry of that name', () => {
  const core = publishedPackages().find(({ name }) => name === '@asgd/core');
  if (core === undefined) throw new Error('core is not published');
  const tarball = pack(core, folder);
  const { main, types } = JSON.parse(readIn(tarball, 'errors/package.json')) as Record<string, string>;
  const { exports } = JSON.parse(readIn(tarball, 'package.json')) as { exports: Record<string, object> };
  const absolute = (path = ''): string => `./${join('errors', path)}`;
  expect({ types: absolute(types), default: absolute(main) }).toStrictEqual(exports['./errors']);
});

/** What a checker printed if it found something, and nothing if it did not. */
function complaints(command: string, args: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8' });
  if (error !== undefined) throw error;
  return status === 0 ? '' : `exit code ${status}\n${stdout}${stderr}`;
}
