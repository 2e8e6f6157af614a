import { readlinkSync, realpathSync, statSync, type BigIntStats } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';

/** The status of what a path leads to, through symbolic links; `undefined` if nothing is there. */
export function statusOf(path: string): BigIntStats | undefined {
  return statSync(path, { bigint: true, throwIfNoEntry: false });
}

/**
 * The path of the file that a path leads to, through symbolic links, whether that file exists yet or not.
 *
 * @throws the system's error if its folder does not exist, or if links form a circle
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
 * A key that is the same for two paths to one file, through any links and names; `undefined` for devices and pipes,
 * which may be used twice.
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
