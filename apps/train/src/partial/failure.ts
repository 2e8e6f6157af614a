import { AsgdError, OutOfMemoryError } from '@asgd/core';
import { DataError as RowError, DivergedError } from '@asgd/linear';
import { CommanderError } from 'commander';
import { codeOf, UserError } from '../errors.ts';

/** How a program in a pipe ends, after sysexits.h: what started it can tell what to try again. */
const statuses = {
  /** Options or the model cannot be used. */
  usage: 64,
  /** A row or a part cannot be used, or training diverged: the same input would fail again. */
  data: 65,
  /** Memory ran out, or reading or writing failed: the same may work on another try or another machine. */
  temporary: 75,
} as const;

/** Options or a model that cannot be used. */
export class UsageError extends UserError {
  override readonly name = 'UsageError';
}

/** Reading or writing that failed for a reason that may pass. */
export class TemporaryError extends UserError {
  override readonly name = 'TemporaryError';
}

/** The exit status for an error; `undefined` for a bug. */
export function statusOf(error: unknown): number | undefined {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : statuses.usage;
  if (error instanceof UsageError) return statuses.usage;
  if (error instanceof TemporaryError || error instanceof OutOfMemoryError) return statuses.temporary;
  if (error instanceof UserError || error instanceof RowError || error instanceof DivergedError) {
    return statuses.data;
  }
  if (error instanceof AsgdError) return statuses.usage;
  // Of the system, or of JavaScript where an array cannot be allocated.
  return codeOf(error) !== '' || error instanceof RangeError ? statuses.temporary : undefined;
}
