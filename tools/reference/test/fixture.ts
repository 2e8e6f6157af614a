import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type Published, publishedPackages } from '../src/published.ts';

/** A workspace of its own with the packages `example` and, if any of its files is given, `other`. */
export async function workspaceOf(files: Readonly<Record<string, string>>): Promise<{
  readonly folder: string;
  readonly packages: readonly Published[];
}> {
  const folder = await mkdtemp(join(tmpdir(), 'asgd-reference-test-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const names = new Set(Object.keys(files).map((path) => path.split('/')[1] ?? ''));
  await writeFiles(folder, {
    ...Object.fromEntries([...names].flatMap((name) => Object.entries(settingsOf(name)))),
    ...files,
  });
  return { folder, packages: publishedPackages(folder) };
}

export async function writeFiles(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    const file = join(folder, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
  }
}

function settingsOf(name: string): Record<string, string> {
  const manifest = {
    name: `@asgd/${name}`,
    version: '1.0.0',
    type: 'module',
    exports: { '.': { '@asgd/source': './src/index.ts', types: './dist/index.d.ts' } },
  };
  const tsconfig = {
    compilerOptions: { target: 'es2023', lib: ['es2023'], types: [], strict: true, noEmit: true },
  };
  return {
    [`packages/${name}/package.json`]: JSON.stringify(manifest),
    [`packages/${name}/tsconfig.json`]: JSON.stringify({ ...tsconfig, include: ['src'] }),
    [`packages/${name}/README.md`]: `# ${name}\n`,
  };
}
