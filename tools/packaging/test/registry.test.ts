import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { publishedPackages, readManifest } from '../src/packages.ts';
import { Project } from '../src/project.ts';
import { type Registry, startRegistry } from '../src/registry.ts';
import { pack, withVersion } from '../src/tarball.ts';

const folder = mkdtempSync(join(tmpdir(), 'asgd-tarballs-'));
let registry: Registry;
beforeAll(async () => {
  registry = await startRegistry();
});
afterAll(async () => {
  await registry[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

test('the registry has what was published to it, in each version, and what others published', async () => {
  const torch = publishedPackages().filter(({ name }) => name === '@asgd/torch' || name === '@asgd/core');
  const tarballs = torch.map((ours) => pack(ours, folder));
  await registry.publish(tarballs.map((tarball) => withVersion(tarball, '0.7.0')));
  await registry.publish(tarballs.map((tarball) => withVersion(tarball, '0.8.1')));

  using project = new Project();
  const env = { ...process.env, ...registry.environment };
  execFileSync('npm', ['install', '@asgd/torch@^0.7.0', '@asgd/core'], {
    cwd: project.folder,
    env,
    stdio: 'pipe',
  });
  const version = (name: string): string =>
    readManifest(join(project.folder, 'node_modules', name, 'package.json')).version;
  expect(version('@asgd/torch')).toBe('0.7.0');
  expect(version('fflate')).toMatch(/^0\.8\./);
});
