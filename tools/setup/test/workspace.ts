import { spawn, type ChildProcess } from 'node:child_process';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

export interface Outcome {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Run {
  readonly child: ChildProcess;
  readonly outcome: Promise<Outcome>;
  /** Resolves when the run has printed this. */
  printed(text: string): Promise<void>;
}

/** A folder that run.mjs takes for the workspace, with an `npx` that only pretends to install. */
export class Workspace implements Disposable {
  readonly root: string = fs.realpathSync(fs.mkdtempSync(join(tmpdir(), 'asgd-setup-')));
  readonly #installs = join(this.root, 'installs');
  readonly #running = new Set<ChildProcess>();

  constructor() {
    this.write('tools/setup/run.mjs', fs.readFileSync(join(import.meta.dirname, '..', 'run.mjs'), 'utf8'));
    this.write('package.json', '{ "packageManager": "pnpm@1.2.3" }');
    this.write('pnpm-lock.yaml', 'the lockfile');
    this.installer('cp pnpm-lock.yaml node_modules/.pnpm/lock.yaml');
    fs.mkdirSync(join(this.root, 'node_modules', '.pnpm'), { recursive: true });
    fs.mkdirSync(join(this.root, 'node_modules', '.bin'));
    fs.mkdirSync(join(this.root, 'node_modules', 'node', 'bin'), { recursive: true });
    fs.symlinkSync(process.execPath, join(this.root, 'node_modules', 'node', 'bin', 'node'));
  }

  /** The arguments of every installation so far. */
  get installs(): string[] {
    return fs.existsSync(this.#installs) ? fs.readFileSync(this.#installs, 'utf8').trim().split('\n') : [];
  }

  /** The Node that the workspace's tools would start. */
  get node(): string {
    return fs.realpathSync(join(this.root, 'node_modules', '.bin', 'node'));
  }

  installer(script: string): void {
    this.write('bin/npx', `#!/bin/sh\necho "$@" >> "${this.#installs}"\n${script}\n`);
    fs.chmodSync(join(this.root, 'bin', 'npx'), 0o755);
  }

  write(path: string, content: string): string {
    const file = join(this.root, path);
    fs.mkdirSync(join(file, '..'), { recursive: true });
    fs.writeFileSync(file, content);
    return file;
  }

  /** Starts run.mjs in a process group of its own, as a terminal does. */
  start(args: readonly string[], env: Readonly<Record<string, string>> = {}): Run {
    const child = spawn(process.execPath, [join(this.root, 'tools', 'setup', 'run.mjs'), ...args], {
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: join(this.root, 'bin') + delimiter + process.env['PATH'], ...env },
    });
    this.#running.add(child);
    child.on('close', () => this.#running.delete(child));
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    return {
      child,
      outcome: new Promise((resolve) => {
        child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
      }),
      printed: (text) =>
        new Promise((resolve) => {
          const look = (): void => {
            if (stdout.includes(text) || stderr.includes(text)) resolve();
          };
          child.stdout.on('data', look);
          child.stderr.on('data', look);
          look();
        }),
    };
  }

  run(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Outcome> {
    return this.start(args, env).outcome;
  }

  [Symbol.dispose](): void {
    for (const { pid } of this.#running) if (pid !== undefined) process.kill(-pid, 'SIGKILL');
    fs.rmSync(this.root, { recursive: true });
  }
}
