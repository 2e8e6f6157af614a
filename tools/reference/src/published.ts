import { globSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** A package that users install, and what they may import from it. */
export interface Published {
  readonly name: string;
  /** Absolute. */
  readonly folder: string;
  readonly entries: readonly Entry[];
}

/** One subpath of a package's `exports` that has types. */
export interface Entry {
  /** As users import it: `@asgd/conformance/vitest`. */
  readonly name: string;
  /** Absolute: where the TypeScript source starts. */
  readonly source: string;
  /** Absolute: the declarations that are built from it. */
  readonly declarations: string;
  /** Absolute: the report on what it exports. */
  readonly report: string;
}

interface Manifest {
  readonly name: string;
  readonly private?: boolean;
  readonly exports: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
}

/** The workspace's root. */
export const root: string = join(import.meta.dirname, '..', '..', '..');

/** The packages of `packages/` that are not private, by name. */
export function publishedPackages(workspace: string = root): Published[] {
  return globSync('packages/*/package.json', { cwd: workspace })
    .flatMap((path) => readPackage(join(workspace, dirname(path))) ?? [])
    .toSorted((a, b) => a.name.localeCompare(b.name));
}

/** @returns `undefined` for a package that is not published */
export function readPackage(folder: string): Published | undefined {
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;
  if (manifest.private === true) return undefined;
  const entries = Object.entries(manifest.exports).flatMap(([subpath, target]) => {
    if (typeof target === 'string') return []; // package.json itself
    const { '@asgd/source': source, types } = target;
    if (source === undefined || types === undefined) {
      throw new Error(
        `${manifest.name} exports ${subpath} as ${JSON.stringify(target)}: expected the conditions "@asgd/source" and "types".`,
      );
    }
    const stem = [basename(folder), ...subpath.split('/').slice(1)].join('-');
    return {
      name: manifest.name + subpath.slice(1),
      source: join(folder, source),
      declarations: join(folder, types),
      report: join(folder, 'etc', `${stem}.api.md`),
    };
  });
  return { name: manifest.name, folder, entries };
}
