/** A problem that the user can solve: the program prints only the message, and exits with 1. */
export class UserError extends Error {
  override readonly name: string = 'UserError';
}

/** Data that cannot be read as rows: the message begins with the file, the line and the column (both from 1). */
export class DataError extends UserError {
  override readonly name = 'DataError';
  readonly line: number;
  readonly column: number;

  constructor(file: string, line: number, column: number, problem: string) {
    super(`${file}:${line}:${column}: ${problem}`);
    this.line = line;
    this.column = column;
  }
}

/** The code of a system's error, such as `ENOENT`; empty for others. */
export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

/** The reason of a file system error, in words. */
export function reason(error: unknown): string {
  return reasons[codeOf(error)] ?? (error instanceof Error ? error.message : String(error));
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'no such file or folder',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EISDIR: 'it is a folder',
  ENOTDIR: 'part of the path is not a folder',
  ELOOP: 'its symbolic links form a circle',
  ENAMETOOLONG: 'the name is too long',
  ENXIO: 'nothing is connected to its other end',
  EIO: 'the device does not answer',
  EPIPE: 'nobody is reading it any more',
  ENOSPC: 'no space left on the disk',
  EDQUOT: 'the disk quota is used up',
  EFBIG: 'the file would be larger than allowed',
  EROFS: 'the file system is read-only',
};
