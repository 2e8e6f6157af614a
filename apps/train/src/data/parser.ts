import type { ColumnOptions, Columns } from './columns.ts';
import type { LabelRule } from './labels.ts';
import type { EndFinder } from './lines.ts';
import type { MissingPolicy } from './missing.ts';
import type { RowSink } from './rows.ts';

export type Format = 'libsvm' | 'csv';

/** What a parser of either format needs. */
export interface Parsing extends ColumnOptions {
  readonly file: string;
  readonly sink: RowSink;
  readonly acceptLabel: LabelRule;
  /** The number of features, if it is known before the file is read. */
  readonly features?: number | undefined;
  /** What to do with a LIBSVM index beyond `features`: refuse it in training data, leave it out in test data. */
  readonly beyond: 'refuse' | 'ignore';
  /** CSV: what to do with missing values; a mean is put in later, in place of NaN. Default: refuse them. */
  readonly missing?: MissingPolicy | undefined;
  /** CSV: what the columns are for, if it is known from the training data or from an earlier pass. */
  readonly columns?: Columns | undefined;
  /** Bytes that rows may take at a time, and so the most that one row may take. */
  readonly memory: number;
}

/** Turns lines into rows. */
export interface RowParser {
  readonly layout: 'dense' | 'sparse';
  /** Takes a line that is not blank. */
  readonly line: (bytes: Uint8Array, start: number, end: number, number: number) => void;
  /** Finds where lines end. */
  readonly lineEnd: EndFinder;
  /** To be called after the last line: refuses what only the whole file shows. */
  complete?(): void;
  /** The number of features seen so far. */
  readonly features: number;
  /** How many values were left out because they belong to unknown features. */
  readonly ignored: number;
  /** CSV: what the columns are for. */
  readonly columns: Columns | undefined;
}

/** Features and weights live in float32, so a value must be finite there too. */
export function isFloat32(value: number): boolean {
  return Number.isFinite(Math.fround(value));
}
