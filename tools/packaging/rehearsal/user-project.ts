import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { readManifest } from '../src/packages.ts';
import type { Registry } from '../src/registry.ts';

type Command = readonly [program: string, ...parameters: string[]];

const { resolve } = createRequire(import.meta.url);

/** Node runs it. */
const yarn4 = resolve('@yarnpkg/cli-dist/bin/yarn.js');
const yarn1 = resolve('yarn/bin/yarn.js');

/** How package managers install what a project's package.json asks for, with no lockfile. */
export const managers: Readonly<Record<'npm' | 'pnpm' | 'yarn 1' | 'yarn 4', Command>> = {
  npm: ['npm', 'install'],
  pnpm: ['pnpm', 'install', '--config.minimumReleaseAge=0'],
  'yarn 1': ['node', yarn1, 'install', '--non-interactive'],
  'yarn 4': ['node', yarn4, 'install'],
};

export type Manager = keyof typeof managers;

export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Library {
  readonly dependencies: Readonly<Record<string, string>>;
  /** Of its one module. */
  readonly source: string;
}

/** A project that trains on two backends, and asks for these ranges. */
export class UserProject implements Disposable {
  readonly folder: string = mkdtempSync(join(tmpdir(), 'asgd-user-'));
  readonly #registry: Registry;

  constructor(registry: Registry, dependencies: Readonly<Record<string, string>>) {
    this.#registry = registry;
    const manifest = { name: 'user', version: '1.0.0', private: true, type: 'module', dependencies };
    this.#write('package.json', JSON.stringify(manifest));
    this.#write('yarn.lock', ''); // marks where the project begins for yarn 4
    this.#write('train.js', program);
  }

  /** @throws Error when the package manager refuses, as npm does for ranges that do not fit together */
  async install(manager: Manager = 'npm'): Promise<void> {
    await this.succeed(...managers[manager]);
  }

  async succeed(...command: Command): Promise<string> {
    const { code, stdout, stderr } = await this.run(...command);
    if (code === 0) return stdout;
    throw new Error(`${command.join(' ')} ended with ${code}:\n${stdout}${stderr}`);
  }

  async run(...[name, ...args]: Command): Promise<Ended> {
    const env = {
      ...process.env,
      ...this.#registry.environment,
      YARN_NODE_LINKER: 'node-modules',
      YARN_NPM_MINIMAL_AGE_GATE: '0',
      YARN_ENABLE_IMMUTABLE_INSTALLS: 'false',
    };
    try {
      const { stdout, stderr } = await promisify(execFile)(name, args, { cwd: this.folder, env });
      return { code: 0, stdout, stderr };
    } catch (error) {
      return error as Ended;
    }
  }

  /** Trains on these backends, and says what came of it. */
  train(...backends: readonly string[]): Promise<Ended> {
    return this.run('node', 'train.js', ...backends);
  }

  /** Publishes a package of somebody else's, for this project to install. */
  async addLibrary(name: string, { dependencies, source }: Library): Promise<void> {
    const manifest = { name, version: '1.0.0', type: 'module', exports: './index.js', dependencies };
    const folder = mkdtempSync(join(this.folder, 'library-'));
    writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest));
    writeFileSync(join(folder, 'index.js'), source);
    await this.#registry.publish([folder]);
    rmSync(folder, { recursive: true });
  }

  /** `0.1.0`, as installed. */
  installed(name: string): string {
    return readManifest(join(this.folder, 'node_modules', name, 'package.json')).version;
  }

  #write(name: string, content: string): void {
    writeFileSync(join(this.folder, name), content);
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** 4 goes to 3.5, 3 and 2.5, whose mean is 3. */
export const trained = 'cpu 3\nwasm 3\n';

const program = `
import { ASGD } from '@asgd/core';
const backends = process.argv.slice(2);
for (const name of backends.length > 0 ? backends : ['cpu', 'wasm']) {
  const backend = await (await import('@asgd/' + name))[name]();
  const weight = backend.parameter([4]);
  const optimizer = new ASGD([weight], { lr: 0.5, lambd: 0, t0: -1 });
  weight.grad = backend.tensor([1]);
  for (let step = 0; step < 3; step++) optimizer.step();
  const [average] = await optimizer.averageOf(weight).read();
  await backend.close();
  console.log(name, average);
}
`;
