import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** An empty project of a user, outside of the workspace, in which tarballs are installed. */
export class Project implements Disposable {
  readonly folder: string = mkdtempSync(join(tmpdir(), 'asgd-project-'));

  constructor() {
    this.write('package.json', JSON.stringify({ name: 'project', private: true, type: 'module' }));
  }

  write(path: string, content: string): void {
    writeFileSync(join(this.folder, path), content);
  }

  copy(folder: string): void {
    cpSync(folder, this.folder, { recursive: true });
  }

  /** Installs with npm and from these tarballs alone: no registry is asked, and no cache. */
  install(tarballs: readonly string[]): void {
    const cache = join(this.folder, '.npm');
    mkdirSync(cache);
    const quiet = ['--offline', '--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error'];
    const options = { cwd: this.folder, encoding: 'utf8', stdio: 'pipe' } as const;
    execFileSync('npm', ['install', ...quiet, '--cache', cache, ...tarballs], options);
  }

  run(command: string, args: readonly string[]): Outcome {
    const { status, stdout, stderr } = spawnSync(command, args, { cwd: this.folder, encoding: 'utf8' });
    return { status, stdout, stderr };
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true });
  }
}
