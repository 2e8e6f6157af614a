import { createHash, randomBytes } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { join } from 'node:path';

// A temporary file is called .asgd-train-ORIGIN-PID-RANDOM.tmp. The random part keeps names apart. The other parts tell
// whether the process that made a file is still alive, if the file is found later.

const pattern = /^\.asgd-train-([0-9a-f]{12})-(\d+)-[0-9a-f]{16}\.tmp$/;

/** A file from another machine counts as left over if nobody has written to it for this long, in milliseconds. */
const staleAfter = 24 * 3600 * 1000;

/** This process's own. */
const live = new Set<string>();

process.on('exit', removeTemporaries);

/** A name for a temporary file, which is removed at the end of the program at the latest. */
export function temporaryPath(folder: string): string {
  const path = join(folder, `.asgd-train-${origin()}-${process.pid}-${randomBytes(8).toString('hex')}.tmp`);
  live.add(path);
  return path;
}

export function removeTemporary(path: string): void {
  rmSync(path, { force: true });
  live.delete(path);
}

/** To be called when the program ends without an `exit` event. */
export function removeTemporaries(): void {
  for (const path of live) {
    try {
      removeTemporary(path);
    } catch {
      // The program is ending. The next one will remove the file.
    }
  }
}

/** Removes what killed runs have left in a folder, and nothing else. */
export function removeLeftovers(folder: string): void {
  for (const name of namesIn(folder)) {
    const [, from = '', pid = ''] = pattern.exec(name) ?? [];
    const path = join(folder, name);
    if (from === '' || live.has(path)) continue;
    try {
      const status = lstatSync(path);
      const isOurs = status.isFile() && status.uid === process.getuid?.();
      const isLeft = from === origin() && isKnownOrigin() ? !isAlive(Number(pid)) : isStale(status.mtimeMs);
      if (isOurs && isLeft) rmSync(path, { force: true });
    } catch {
      // Another run was faster, or the file may not be removed. Either is harmless.
    }
  }
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return []; // whether it can be written to is checked elsewhere
  }
}

function isStale(modified: number): boolean {
  return Date.now() - modified > staleAfter;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return !(error instanceof Error && 'code' in error && error.code === 'ESRCH');
  }
}

/** A hash of what gives process numbers their meaning: this machine since its start, and this container. */
function origin(): string {
  return createHash('sha256').update(originText()).digest('hex').slice(0, 12);
}

function isKnownOrigin(): boolean {
  return originText() !== '';
}

/** Empty on systems that do not say. */
function originText(): string {
  try {
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8')} ${readlinkSync('/proc/self/ns/pid')}`;
  } catch {
    return '';
  }
}
