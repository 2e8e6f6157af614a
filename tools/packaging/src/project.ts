import { cpSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

import { type Command, type CommandOptions, type Outcome, run, serve, succeed } from './command.ts';
import { type Manager, npm } from './managers.ts';

type Environment = Readonly<Record<string, string>>;

export interface ProjectOptions {
  /** Added to that of this process: where the registry is, above all. */
  readonly environment?: Environment;
  readonly manager?: Manager;
}

/** An empty project of a user, outside of the workspace. What runs in it ends with it. */
export class Project implements Disposable {
  readonly folder: string = mkdtempSync(join(tmpdir(), 'asgd-project-'));
  readonly #manager: Manager;
  readonly #environment: Environment;
  readonly #running = new AbortController();

  constructor({ environment = {}, manager = npm }: ProjectOptions = {}) {
    this.#manager = manager;
    this.#environment = { ...environment, ...manager.environment };
    const manifest = { name: 'project', version: '1.0.0', private: true, type: 'module' };
    this.write('package.json', JSON.stringify(manifest));
    for (const [path, content] of Object.entries(manager.files ?? {})) this.write(path, content);
  }

  path(...names: readonly string[]): string {
    return join(this.folder, ...names);
  }

  has(path: string): boolean {
    return existsSync(this.path(path));
  }

  write(path: string, content: string): void {
    writeFileSync(this.path(path), content);
  }

  remove(path: string): void {
    rmSync(this.path(path), { recursive: true, force: true });
  }

  /** Copies what is in a folder of consumer/. */
  copy(name: string): void {
    cpSync(join(import.meta.dirname, '..', 'consumer', name), this.folder, { recursive: true });
  }

  async install(packages: readonly string[]): Promise<void> {
    await succeed(this.#manager.add(packages), this.#options());
  }

  /** Runs a program of an installed package, or Node. */
  async exec(command: Command, environment?: Environment): Promise<Outcome> {
    return run(this.#manager.exec(command), this.#options(environment));
  }

  /** Starts a server of an installed package, and returns its port. It runs until the project is disposed of. */
  async serve(command: (port: number) => Command, environment?: Environment): Promise<number> {
    return serve((port) => this.#manager.exec(command(port)), this.#options(environment));
  }

  #options(environment: Environment = {}): CommandOptions {
    // As in a script of package.json.
    const path = [this.path('node_modules', '.bin'), process.env['PATH'] ?? ''].join(delimiter);
    const env = { ...process.env, PATH: path, ...this.#environment, ...environment };
    return { cwd: this.folder, env, signal: this.#running.signal };
  }

  [Symbol.dispose](): void {
    this.#running.abort();
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }
}
