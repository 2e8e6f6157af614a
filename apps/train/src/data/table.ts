import type { Columns } from './columns.ts';
import type { Reading } from './bytes.ts';
import type { Rows } from './rows.ts';

/** Rows of one width, which can be read any number of times. */
export interface Table {
  /** Its name in messages. */
  readonly name: string;
  readonly rows: number;
  /** How many bytes all rows would take in memory. */
  readonly bytes: number;
  readonly features: number;
  /** How many values are stored of all rows: zeros of sparse rows are not. */
  readonly stored: number;
  /** What the columns are for, if the data is CSV. */
  readonly columns: Columns | undefined;
  /** A fingerprint: the same for the same rows. */
  readonly fingerprint: string;
  /** How many values were left out because training never saw their features. */
  readonly ignored: number;
  /** All rows, if they fit in the allowed memory. */
  readonly kept: Rows | undefined;
  /** The rows in order, as many at a time as fit in the allowed memory. The next ones reuse that memory. */
  blocks(reading?: Reading): AsyncIterable<Rows>;
}
