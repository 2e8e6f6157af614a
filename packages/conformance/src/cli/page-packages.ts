import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** A package that a page can import from. */
export interface PagePackage {
  readonly name: string;
  /** Where it really is, whatever links lead there. */
  readonly folder: string;
  readonly manifest: Manifest;
}

interface Manifest {
  readonly exports?: unknown;
  readonly browser?: unknown;
  readonly module?: string;
  readonly main?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

/** What a browser is, to the `exports` of a package. */
const conditions = new Set(['browser', 'import', 'default']);

/**
 * The packages that modules of a folder may import, with all that these need: what its package.json lists to be
 * installed, the backends of @asgd among its devDependencies, the suite, and whatever else is named.
 * @param own the folder of the suite itself
 */
export function findPackages(
  directory: string,
  own: string,
  named: readonly string[],
): readonly PagePackage[] {
  const found = new Map<string, PagePackage>();
  const add = (name: string, from: string): void => {
    if (found.has(name)) return;
    const folder = folderOf(name, from);
    if (folder === undefined) return; // an optional one, or one that only types need
    const made = { name, folder, manifest: readManifest(folder) };
    found.set(name, made);
    const { dependencies, peerDependencies } = made.manifest;
    for (const next of [dependencies, peerDependencies].flatMap(namesOf)) add(next, folder);
  };
  const suite = readManifest(own);
  found.set('@asgd/conformance', { name: '@asgd/conformance', folder: realpathSync(own), manifest: suite });
  const project = nearestManifest(directory);
  // Core first from where the user's modules find it: the suite has to use the same one.
  for (const name of ['@asgd/core', ...named]) add(name, directory);
  if (project) {
    const { dependencies, peerDependencies, optionalDependencies, devDependencies } = project;
    const backends = namesOf(devDependencies).filter((name) => name.startsWith('@asgd/'));
    const listed = [dependencies, peerDependencies, optionalDependencies].flatMap(namesOf);
    for (const name of [...listed, ...backends]) add(name, directory);
  }
  for (const name of [suite.dependencies, { '@asgd/core': '' }].flatMap(namesOf)) add(name, own);
  return [...found.values()];
}

/** What a page's import map says: the URL of each name that modules may import. */
export function importsOf(
  packages: readonly PagePackage[],
  urlOf: (name: string) => string,
): Record<string, string> {
  return Object.fromEntries(
    packages.flatMap(({ name, manifest }) =>
      entriesOf(manifest).map(([path, file]) => [specifierOf(name, path), `${urlOf(name)}/${file}`]),
    ),
  );
}

function specifierOf(name: string, path: string): string {
  return path === '.' ? name : name + path.slice(1);
}

/** Each way into a package, from `.` or `./errors`, with the file that it leads to; both end in `/` for a folder. */
function entriesOf({ exports, browser, module, main }: Manifest): readonly (readonly [string, string])[] {
  if (exports === undefined) {
    const file = typeof browser === 'string' ? browser : (module ?? main ?? 'index.js');
    return [
      ['.', plainPath(file)],
      ['./', ''],
    ];
  }
  const isByPath = isRecord(exports) && Object.keys(exports).some((key) => key.startsWith('.'));
  const byPath = isByPath ? exports : { '.': exports };
  return Object.entries(byPath).flatMap(([path, target]): (readonly [string, string])[] => {
    const file = choose(target);
    if (file === undefined) return [];
    if (!path.includes('*')) return [[path, plainPath(file)]];
    // An import map knows folders only.
    return path.endsWith('/*') && file.endsWith('/*')
      ? [[path.slice(0, -1), plainPath(file.slice(0, -1))]]
      : [];
  });
}

/** As the exports of a package are read: the first condition that holds. */
function choose(target: unknown): string | undefined {
  if (typeof target === 'string') return target;
  if (Array.isArray(target)) return target.map(choose).find((file) => file !== undefined);
  if (!isRecord(target)) return undefined;
  for (const [condition, next] of Object.entries(target)) {
    const file = conditions.has(condition) ? choose(next) : undefined;
    if (file !== undefined) return file;
  }
  return undefined;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function plainPath(path: string): string {
  return path.replace(/^\.\//, '');
}

function namesOf(list: Readonly<Record<string, string>> | undefined): readonly string[] {
  return Object.keys(list ?? {});
}

/** As Node looks for a package: in node_modules here and in every folder above. */
function folderOf(name: string, from: string): string | undefined {
  for (let folder = from; ; folder = dirname(folder)) {
    const candidate = join(folder, 'node_modules', name);
    if (existsSync(join(candidate, 'package.json'))) return realpathSync(candidate);
    if (dirname(folder) === folder) return undefined;
  }
}

function nearestManifest(directory: string): Manifest | undefined {
  for (let folder = directory; ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'package.json'))) return readManifest(folder);
    if (dirname(folder) === folder) return undefined;
  }
}

function readManifest(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;
}
