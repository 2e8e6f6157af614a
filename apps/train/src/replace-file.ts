import { accessSync, constants, realpathSync, rmSync, statSync, type Stats } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { reason, UserError } from './errors.ts';

/** What a file is made of, piece by piece. */
export type Content = Iterable<Uint8Array | string> | AsyncIterable<Uint8Array | string>;

/**
 * Writes a file so that whoever looks sees the old contents or the new, never a part: into a file beside it, flushed
 * to the disk, then renamed. When that fails, the old file is still there and whole. What is no regular file, such as
 * /dev/stdout, is written to directly.
 */
export async function replaceFile(path: string, content: Content): Promise<void> {
  const old = statusOf(path);
  const target = old === undefined ? path : realpathSync(path);
  if (old !== undefined && !old.isFile()) {
    await writeOut(path, path, content);
    return;
  }

  const temporary = `${target}.${process.pid}.tmp`;
  const removeOnExit = (): void => rmSync(temporary, { force: true });
  process.on('exit', removeOnExit);
  try {
    await writeOut(path, temporary, content, old?.mode);
    await rename(temporary, target).catch((error: unknown) => fail(path, error));
  } finally {
    await rm(temporary, { force: true }).catch(() => undefined);
    process.off('exit', removeOnExit);
  }
}

/** Refuses, before hours of work, a path that could not be written after them. */
export function requireWritable(path: string): void {
  if (statusOf(path)?.isDirectory() === true) throw new UserError(`cannot write ${path}: it is a folder`);
  try {
    accessSync(dirname(path), constants.W_OK);
  } catch (error) {
    throw new UserError(`cannot write ${path}: folder ${dirname(path)}: ${reason(error)}`);
  }
}

async function writeOut(path: string, into: string, content: Content, mode?: number): Promise<void> {
  try {
    const file = await open(into, 'w', mode);
    try {
      // writeFile, unlike a single write, goes on after a short write and so notices that the disk is full.
      for await (const piece of content) await file.writeFile(piece);
      if ((await file.stat()).isFile()) await file.sync();
    } finally {
      await file.close();
    }
  } catch (error) {
    fail(path, error);
  }
}

function fail(path: string, error: unknown): never {
  if (error instanceof UserError) throw error;
  const untouched = statusOf(path)?.isFile() === true ? '; the file that was there is untouched' : '';
  throw new UserError(`cannot write ${path}: ${reason(error)}${untouched}`);
}

function statusOf(path: string): Stats | undefined {
  return statSync(path, { throwIfNoEntry: false });
}
