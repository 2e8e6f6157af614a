import { globSync, readFileSync, realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** The folder of this repository. */
export const workspace: string = join(import.meta.dirname, '..', '..', '..');

export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly private?: boolean;
  readonly author?: string;
  readonly repository?: { readonly url: string };
  readonly keywords?: readonly string[];
  readonly scripts?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

export interface Package {
  readonly name: string;
  readonly folder: string;
  readonly manifest: Manifest;
}

/** The packages that are published: those of `packages/` that are not private. */
export function publishedPackages(root: string = workspace): Package[] {
  return globSync('packages/*/package.json', { cwd: root })
    .map((path) => readPackage(join(root, dirname(path))))
    .filter(({ manifest }) => manifest.private !== true)
    .toSorted((a, b) => a.name.localeCompare(b.name));
}

/** What these packages need at run time from outside of the workspace, in turn with what that needs. */
export function outsideDependencies(packages: readonly Package[]): Package[] {
  const known = new Set(packages.map(({ name }) => name));
  const found: Package[] = [];
  const pending = [...packages];
  for (let from = pending.pop(); from !== undefined; from = pending.pop()) {
    for (const name of Object.keys(from.manifest.dependencies ?? {})) {
      if (known.has(name)) continue;
      known.add(name);
      const dependency = readPackage(findPackage(name, from.folder));
      found.push(dependency);
      pending.push(dependency);
    }
  }
  return found;
}

export function readManifest(path: string): Manifest {
  return JSON.parse(readFileSync(path, 'utf8')) as Manifest;
}

function readPackage(folder: string): Package {
  const manifest = readManifest(join(folder, 'package.json'));
  return { name: manifest.name, folder, manifest };
}

/** The folder of an installed package, which need not export its package.json. */
function findPackage(name: string, from: string): string {
  const places = createRequire(join(from, 'package.json')).resolve.paths(name) ?? [];
  for (const place of places) {
    const [manifest] = globSync(join(name, 'package.json'), { cwd: place });
    if (manifest !== undefined) return realpathSync(join(place, name));
  }
  throw new Error(`${name} is not installed for ${from}: run pnpm install.`);
}
