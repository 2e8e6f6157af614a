import { globSync, readFileSync } from 'node:fs';
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
  readonly exports?: Readonly<Record<string, unknown>>;
}

export interface Package {
  readonly name: string;
  readonly folder: string;
  readonly manifest: Manifest;
}

/** The packages that are published: those that are not private. */
export function publishedPackages(root: string = workspace): Package[] {
  return globSync(['packages/*/package.json', 'apps/*/package.json'], { cwd: root })
    .map((path) => readPackage(join(root, dirname(path))))
    .filter(({ manifest }) => manifest.private !== true)
    .toSorted((a, b) => a.name.localeCompare(b.name));
}

/** Those of the published packages that are imported. */
export function libraries(): Package[] {
  return publishedPackages().filter((one) => !isProgram(one));
}

/** A program that is run: nothing of it can be imported. */
export function isProgram({ manifest }: Package): boolean {
  return manifest.exports === undefined;
}

export function readManifest(path: string): Manifest {
  return JSON.parse(readFileSync(path, 'utf8')) as Manifest;
}

function readPackage(folder: string): Package {
  const manifest = readManifest(join(folder, 'package.json'));
  return { name: manifest.name, folder, manifest };
}
