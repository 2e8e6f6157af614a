import { AsgdError } from '@asgd/core';

/**
 * A file that is not a checkpoint, is damaged, holds something without a counterpart here, or exceeds a limit; or
 * values that a file cannot hold.
 */
export class CheckpointError extends AsgdError {
  override readonly name = 'CheckpointError';
  readonly code = 'CHECKPOINT';
}
