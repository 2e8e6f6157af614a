import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';

/** A temporary folder for one test file, removed after its tests. */
export class Folder {
  readonly path: string = mkdtempSync(join(tmpdir(), 'asgd-train-'));

  constructor() {
    afterAll(() => rmSync(this.path, { recursive: true, force: true }));
  }

  /** The path of a file in the folder, which may not exist yet. */
  at(name: string): string {
    return join(this.path, name);
  }

  /** Writes a file. Returns its path. */
  write(name: string, content: string | Uint8Array): string {
    writeFileSync(this.at(name), content);
    return this.at(name);
  }
}
