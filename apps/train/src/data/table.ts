import type { Header } from './header.ts';
import type { Reading } from './bytes.ts';
import type { Rows } from './rows.ts';

/** Rows of one width, to be gone through any number of times. */
export interface Table {
  /** What to call it in messages. */
  readonly name: string;
  readonly rows: number;
  /** What all rows would take in memory. */
  readonly bytes: number;
  readonly features: number;
  /** The columns' names, when the data have them. */
  readonly names: Header | undefined;
  /** The same for the same rows. */
  readonly fingerprint: string;
  /** Values left out because they belong to features that training never saw. */
  readonly ignored: number;
  /** All rows, when they fit in the memory allowed. */
  readonly kept: Rows | undefined;
  /** The rows in order, as many at a time as fit in the memory allowed, which the next ones take over. */
  blocks(reading?: Reading): AsyncIterable<Rows>;
}
