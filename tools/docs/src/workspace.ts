import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What the shell commands of a document may name. */
export interface Workspace {
  readonly root: string;
  readonly scripts: ReadonlySet<string>;
  /** What users are told to install: the published packages and their peers. */
  readonly installable: ReadonlySet<string>;
  /** The commands that those packages bring. */
  readonly commands: ReadonlySet<string>;
}

interface Manifest {
  readonly name: string;
  readonly private?: boolean;
  readonly scripts?: Readonly<Record<string, string>>;
  readonly bin?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

export const root: string = join(import.meta.dirname, '..', '..', '..');

export function readWorkspace(): Workspace {
  const published = globSync(['packages/*/package.json', 'apps/*/package.json'], { cwd: root })
    .map((path) => readManifest(path))
    .filter((manifest) => manifest.private !== true);
  return {
    root,
    scripts: new Set(keys(readManifest('package.json').scripts)),
    installable: new Set(
      published.flatMap(({ name, peerDependencies }) => [name, ...keys(peerDependencies)]),
    ),
    commands: new Set(published.flatMap(({ bin }) => keys(bin))),
  };
}

/** The documents whose code blocks are checked here. The READMEs of other apps have tests of their own. */
export function documents(): string[] {
  const everyPackage = globSync('packages/*/package.json', { cwd: root }).map((path) =>
    join(path, '..', 'README.md'),
  );
  return [
    'README.md',
    'CONTRIBUTING.md',
    'ARCHITECTURE.md',
    ...everyPackage.toSorted(),
    'packages/core/SPEC.md',
    'packages/conformance/GUIDE.md',
    'apps/hypergradients/README.md',
    'apps/site/README.md',
    'apps/tfjs-digits/README.md',
    // What is generated there comes from the documents above, or from doc comments.
    ...globSync('apps/site/pages/{*,guides/*}.md', { cwd: root }).toSorted(),
  ];
}

function readManifest(path: string): Manifest {
  return JSON.parse(readFileSync(join(root, path), 'utf8')) as Manifest;
}

function keys(record: object | undefined): string[] {
  return Object.keys(record ?? {});
}
