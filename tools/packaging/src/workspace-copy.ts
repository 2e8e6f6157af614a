import { execFile, execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  globSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { type Manifest, type Package, publishedPackages, workspace } from './packages.ts';

export type Bump = 'patch' | 'minor' | 'major';

/** A copy of this workspace, to make releases in. What is installed is shared with the workspace itself. */
export class WorkspaceCopy implements Disposable {
  readonly folder: string = mkdtempSync(join(tmpdir(), 'asgd-workspace-'));
  #changesets = 0;

  constructor() {
    const files = this.#git(['ls-files', '-z', '--cached', '--others', '--exclude-standard'], workspace);
    for (const file of files.split('\0').filter((name) => name !== '' && existsSync(join(workspace, name)))) {
      cpSync(join(workspace, file), join(this.folder, file), { force: true });
    }
    symlinkSync(join(workspace, 'node_modules'), join(this.folder, 'node_modules'));
    for (const path of globSync(['{packages,apps}/*/node_modules', 'tools/packaging/node_modules'], {
      cwd: workspace,
    })) {
      cpSync(join(workspace, path), join(this.folder, path), { recursive: true, verbatimSymlinks: true });
    }
    this.#forgetReleases();
    this.#git(['init', '--quiet', '--initial-branch=main']);
    this.commit();
  }

  package(name: string): Package {
    const found = publishedPackages(this.folder).find((one) => one.name === name);
    if (found === undefined) throw new Error(`There is no package ${name} in the copy.`);
    return found;
  }

  manifest(name: string): Manifest {
    return this.package(name).manifest;
  }

  read(path: string): string {
    return readFileSync(join(this.folder, path), 'utf8');
  }

  addChangeset(bumps: Readonly<Record<string, Bump>>, text: string): void {
    const lines = Object.entries(bumps).map(([name, bump]) => `'${name}': ${bump}`);
    const path = join(this.folder, '.changeset', `rehearsal-${++this.#changesets}.md`);
    writeFileSync(path, ['---', ...lines, '---', '', text, ''].join('\n'));
  }

  commit(): void {
    const author = ['-c', 'user.name=Rehearsal', '-c', 'user.email=rehearsal@localhost'];
    this.#git(['add', '--all']);
    this.#git([...author, 'commit', '--quiet', '--no-verify', '--message=Rehearsal']);
  }

  /** Runs a tool of the workspace. Resolves to what it printed. */
  async run(command: string, args: readonly string[], cwd: string = this.folder): Promise<string> {
    const { stdout } = await promisify(execFile)(command, args, { cwd, encoding: 'utf8' });
    return stdout;
  }

  async build(name: string): Promise<void> {
    await this.run('tsup', ['--silent'], this.package(name).folder);
  }

  /** Back to where nothing is released, and nothing waits for a release. */
  #forgetReleases(): void {
    for (const path of globSync(['.changeset/*.md', '{packages,apps}/*/CHANGELOG.md'], {
      cwd: this.folder,
    })) {
      if (!path.endsWith('README.md')) rmSync(join(this.folder, path));
    }
    writeFileSync(join(this.folder, 'tools/packaging/contracts/released.json'), '{}\n');
    for (const { folder, manifest } of publishedPackages(this.folder)) {
      const unreleased = { ...manifest, version: '0.0.0' };
      writeFileSync(join(folder, 'package.json'), JSON.stringify(unreleased, null, 2));
    }
  }

  #git(args: readonly string[], cwd: string = this.folder): string {
    return execFileSync('git', args, { cwd, encoding: 'utf8', maxBuffer: 2 ** 26 });
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true });
  }
}
