// A folder as users have it: the built @asgd/core and @asgd/wasm in node_modules, and a program.

import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';

/** Trains on two threads where that is possible. `report` returns how many there were, why not more, and whether the numbers are right. */
const library = `
import { ASGD } from '@asgd/core';
import { wasm } from '@asgd/wasm';

export async function report() {
  const backend = await wasm({ threads: 2 });
  const weight = backend.parameter(new Float32Array(1_000_003));
  weight.grad = backend.tensor(new Float32Array(1_000_003).fill(1));
  const optimizer = new ASGD([weight], { lr: 1, lambd: 0, t0: -1 });
  for (let step = 0; step < 2; step++) optimizer.step();
  const isRight = weight.view().every((value) => value === -2);
  const isAveraged = optimizer.averageOf(weight).view().every((value) => value === -1.5);
  const { threads, threadsReason } = backend.capabilities;
  await backend.close();
  return { threads, isRight, isAveraged, ...(threadsReason && { threadsReason }) };
}
`;

/** What `report` returns when everything works. */
export function expected(threads: number): { threads: number; isRight: boolean; isAveraged: boolean } {
  return { threads, isRight: true, isAveraged: true };
}

export interface Installation {
  readonly folder: string;
  path(...names: string[]): string;
  remove(): Promise<void>;
}

/** It has `console.mjs`, which prints the report as JSON, and `page.js`, which defines `window.report()`. */
export async function install(): Promise<Installation> {
  const folder = await mkdtemp(join(tmpdir(), 'asgd-wasm-'));
  const path = (...names: string[]): string => join(folder, ...names);
  await Promise.all([installPackage(folder, 'core'), installPackage(folder, 'wasm')]);
  await writeFile(path('package.json'), JSON.stringify({ type: 'module', private: true }));
  await writeFile(path('library.js'), library);
  await writeFile(
    path('console.mjs'),
    `import { report } from './library.js';\nconsole.log(JSON.stringify(await report()));\n`,
  );
  await writeFile(path('page.js'), `import { report } from './library.js';\nwindow.report = report;\n`);
  return { folder, path, remove: () => rm(folder, { recursive: true }) };
}

/** Builds a package as tsup does. */
async function installPackage(folder: string, name: string): Promise<void> {
  const source = new URL(`../../${name}/`, import.meta.url).pathname;
  const target = join(folder, 'node_modules', '@asgd', name);
  await mkdir(target, { recursive: true });
  await build({
    entryPoints:
      name === 'core'
        ? [join(source, 'src/index.ts')]
        : ['index', 'node'].map((entry) => join(source, `src/${entry}.ts`)),
    outdir: join(target, 'dist'),
    bundle: true,
    splitting: name !== 'core',
    packages: 'external',
    format: 'esm',
    target: 'es2023',
    logLevel: 'error',
  });
  await writeFile(join(target, 'package.json'), await readFile(join(source, 'package.json')));
}
