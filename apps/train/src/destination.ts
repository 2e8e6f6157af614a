import { readlinkSync, realpathSync, statSync, type BigIntStats } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';

/** What is behind a path, symbolic links followed; `undefined` when nothing is there. */
export function statusOf(path: string): BigIntStats | undefined {
  return statSync(path, { bigint: true, throwIfNoEntry: false });
}

/**
 * The path of the file that a path leads to through symbolic links, whether or not that file exists yet.
 *
 * @throws the system's error when its folder does not exist or links go round in a circle
 */
export function destination(path: string): string {
  if (statusOf(path) !== undefined) return realpathSync(path);
  const absolute = resolve(path);
  const folder = realpathSync(dirname(absolute));
  const here = join(folder, basename(absolute));
  const link = linkAt(here);
  return link === undefined ? here : destination(resolve(folder, link));
}

/**
 * The same for two paths that lead to one file, by whatever links and names; `undefined` for devices and pipes, which
 * may be used twice.
 */
export function fileKey(path: string): string | undefined {
  const status = statusOf(path);
  if (status === undefined) return destination(path);
  return status.isFile() ? `${status.dev}:${status.ino}` : undefined;
}

function linkAt(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined; // there is nothing, or not a link
  }
}
