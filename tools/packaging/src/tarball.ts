import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { type Package, readManifest } from './packages.ts';

/** Packs what `pnpm publish` would upload, and returns the tarball's path. */
export function pack({ name, folder }: Package, destination: string): string {
  const tarball = join(destination, fileName(name));
  execFileSync('pnpm', ['pack', '--out', tarball], { cwd: folder, encoding: 'utf8', stdio: 'pipe' });
  return tarball;
}

/** The same tarball under another version, as a later release would have it. */
export function withVersion(tarball: string, version: string): string {
  const folder = mkdtempSync(`${tarball}-${version}-`);
  execFileSync('tar', ['-xzf', tarball, '-C', folder]);
  const path = join(folder, 'package', 'package.json');
  writeFileSync(path, JSON.stringify({ ...readManifest(path), version }, null, 2));
  const changed = `${folder}.tgz`;
  execFileSync('tar', ['-czf', changed, '-C', folder, 'package']);
  rmSync(folder, { recursive: true });
  return changed;
}

/** The files in a tarball, without the folder `package/` that all of them are in. */
export function filesIn(tarball: string): string[] {
  const listing = execFileSync('tar', ['-tzf', tarball], { encoding: 'utf8' });
  return listing
    .trim()
    .split('\n')
    .map((path) => path.replace(/^package\//, ''))
    .toSorted();
}

export function readIn(tarball: string, file: string): string {
  return execFileSync('tar', ['-xzOf', tarball, `package/${file}`], { encoding: 'utf8' });
}

function fileName(name: string): string {
  return `${name.replace('@', '').replace('/', '-')}.tgz`;
}
