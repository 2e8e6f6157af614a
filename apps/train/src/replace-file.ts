import { accessSync, closeSync, constants, openSync, statSync, type BigIntStats } from 'node:fs';
import { open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { destination, statusOf } from './destination.ts';
import { codeOf, reason, UserError } from './errors.ts';
import { removeLeftovers, removeTemporary, temporaryPath } from './temporary.ts';

/** The contents of a file, piece by piece. */
export type Content = Iterable<Uint8Array | string> | AsyncIterable<Uint8Array | string>;

/**
 * Writes a file so that readers see either the old contents or the new, never a part: it writes a file next to it,
 * flushes that to the disk, and renames it. If this fails, the old file is still complete. Anything but a regular file,
 * such as /dev/stdout, is written directly.
 */
export async function replaceFile(path: string, content: Content): Promise<void> {
  try {
    const old = statusOf(path);
    if (isDirect(path, old)) await append(path, content);
    else await replace(destination(path), old === undefined ? undefined : Number(old.mode), content);
  } catch (error) {
    if (error instanceof UserError) throw error;
    const untouched = isFile(path) ? '; the old file is unchanged' : '';
    throw new UserError(`cannot write ${path}: ${reason(error)}${untouched}`);
  }
}

/**
 * Refuses, before hours of work, a path that could not be written afterwards, by trying it. Removes what killed runs
 * have left next to it.
 */
export function requireWritable(path: string): void {
  try {
    const old = statusOf(path);
    if (old?.isDirectory() === true) throw new UserError(`cannot write ${path}: it is a folder`);
    if (old?.isSocket() === true) throw new UserError(`cannot write ${path}: it is a socket`);
    if (isDirect(path, old)) accessSync(path, constants.W_OK);
    else probe(path, old);
  } catch (error) {
    if (error instanceof UserError) throw error;
    const where = folderErrors.has(codeOf(error)) ? `folder ${dirname(path)}: ` : '';
    throw new UserError(`cannot write ${path}: ${where}${reason(error)}`);
  }
}

const folderErrors: ReadonlySet<string> = new Set(['ENOENT', 'ENOTDIR', 'EACCES', 'EPERM', 'EROFS']);

/** Creates and removes the files that writing will create: one next to the target, and the target if it is new. */
function probe(path: string, old: BigIntStats | undefined): void {
  const target = destination(path);
  const folder = dirname(target);
  removeLeftovers(folder);
  requireReplaceable(path, old, folder);
  const beside = temporaryPath(folder);
  for (const file of old === undefined ? [beside, target] : [beside]) {
    closeSync(openSync(file, 'wx', 0o600));
    removeTemporary(file);
  }
}

const stickyBit = 0o1000;

/** In a folder such as /tmp, only the owner of a file may replace it. */
function requireReplaceable(path: string, old: BigIntStats | undefined, folder: string): void {
  const user = process.getuid?.();
  if (old === undefined || user === undefined || user === 0) return;
  const { mode, uid } = statSync(folder);
  if ((mode & stickyBit) === 0 || uid === user || Number(old.uid) === user) return;
  throw new UserError(`cannot write ${path}: it belongs to another user, and so does its folder`);
}

/** Whether to write to a path directly: a device, a pipe, or the file that the program's own output goes to. */
function isDirect(path: string, status: BigIntStats | undefined): boolean {
  return status !== undefined && (!status.isFile() || /^\/dev\/(stdout|stderr|fd\/\d+)$/.test(path));
}

function isFile(path: string): boolean {
  try {
    return statusOf(path)?.isFile() === true;
  } catch {
    return false;
  }
}

async function append(path: string, content: Content): Promise<void> {
  const file = await open(path, 'a');
  try {
    for await (const piece of content) await file.writeFile(piece);
  } finally {
    await file.close();
  }
}

async function replace(target: string, mode: number | undefined, content: Content): Promise<void> {
  const temporary = temporaryPath(dirname(target));
  try {
    // Never an existing file, or one that a link leads to.
    const file = await open(temporary, 'wx', mode === undefined ? 0o666 : 0o600);
    try {
      // Unlike a single write, writeFile continues after a short write, and so notices a full disk.
      for await (const piece of content) await file.writeFile(piece);
      if (mode !== undefined) await file.chmod(mode & 0o777);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, target);
    await syncFolder(dirname(target));
  } finally {
    removeTemporary(temporary);
  }
}

/** Without this a crash of the machine may bring the old file back. */
async function syncFolder(folder: string): Promise<void> {
  try {
    const handle = await open(folder, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (!notSyncable.has(codeOf(error))) throw error;
  }
}

/** Some systems cannot open or flush a folder, and a folder may be writable but not readable. */
const notSyncable: ReadonlySet<string> = new Set(['EACCES', 'EPERM', 'EISDIR', 'EINVAL', 'ENOTSUP']);
