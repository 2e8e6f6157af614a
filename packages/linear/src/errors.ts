import { AsgdError } from '@asgd/core/errors';

/** Where in the data a problem is: from 0, as in the arrays that were given. */
export interface Place {
  /** Which row, or label. */
  readonly row?: number | undefined;
  /** Which column. */
  readonly column?: number | undefined;
}

/** Rows, labels or weights that cannot be used. `row` and `column` say where, from 0. */
export class DataError extends AsgdError {
  override readonly name = 'DataError';
  readonly code = 'DATA';
  /** Which row, or label; `undefined` if the problem is of no one row. */
  readonly row: number | undefined;
  /** Which column; `undefined` if the problem is of no one column. */
  readonly column: number | undefined;

  constructor(message: string, { row, column }: Place = {}) {
    super(message);
    this.row = row;
    this.column = column;
  }
}

/** A model, a scaler or a vectorizer that is asked before it has seen data. */
export class NotFittedError extends AsgdError {
  override readonly name = 'NotFittedError';
  readonly code = 'NOT_FITTED';
}

/** Training whose weights left the range of numbers. */
export class DivergedError extends AsgdError {
  override readonly name = 'DivergedError';
  readonly code = 'DIVERGED';
}

/** What `fromJSON` was given is not a model that `toJSON` made. */
export class ModelError extends AsgdError {
  override readonly name = 'ModelError';
  readonly code = 'MODEL';
}
