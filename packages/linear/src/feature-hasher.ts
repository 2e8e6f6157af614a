import { ArgumentError, describe, OptionError } from '@asgd/core/errors';
import { DataError } from './errors.ts';
import { murmur3 } from './murmur3.ts';
import { SparseBuilder, type SparseMatrix } from './sparse-builder.ts';

/**
 * One row by names: `{ width: 3, color: 'red' }`, or pairs of a name and a value, where a name may come again. A string as
 * a value stands for a feature of its own that is 1: `color=red`.
 */
export type NamedFeatures =
  Readonly<Record<string, number | string>> | Iterable<readonly [name: string, value: number | string]>;

/** How a {@link FeatureHasher} makes columns of names. */
export interface FeatureHasherOptions {
  /** Columns: a whole number from 1 to 2^31 - 1. Default 2^18. */
  readonly features: number;
  /** Whether half of the names count negatively, so that those that share a column cancel on average. Default true. */
  readonly alternateSign: boolean;
}

const encoder = new TextEncoder();
let encoded = new Uint8Array(256);

/** The hash of a name, from which its column and its sign follow: as in scikit-learn's hashers. */
export function hashOf(name: string): number {
  // A letter of a string takes three bytes at most. Most names are short, so there is one array for all.
  if (3 * name.length > encoded.length) encoded = new Uint8Array(6 * name.length);
  return murmur3(encoded, encoder.encodeInto(name, encoded).written);
}

/** The column of a hash. */
export function columnOf(hash: number, features: number): number {
  return Math.abs(hash) % features;
}

/** @throws OptionError */
export function checkColumns(features: unknown, of: string): void {
  if (Number.isSafeInteger(features) && (features as number) >= 1 && (features as number) < 2 ** 31) return;
  throw new OptionError(
    `Invalid features of ${of}: ${describe(features)}; expected a whole number from 1 to 2^31 - 1.`,
  );
}

/**
 * Makes rows of a fixed number of columns from features that have names, without a dictionary (Weinberger et al. 2009).
 * It needs no fitting and keeps nothing. The columns and signs are those of scikit-learn's `FeatureHasher`.
 */
export class FeatureHasher {
  /** As they were given, with the defaults for the others. */
  readonly options: FeatureHasherOptions;

  /** @throws OptionError */
  constructor({ features = 2 ** 18, alternateSign = true }: Partial<FeatureHasherOptions> = {}) {
    checkColumns(features, 'FeatureHasher');
    if (typeof alternateSign !== 'boolean') {
      throw new OptionError(
        `Invalid alternateSign of FeatureHasher: ${describe(alternateSign)}; expected true or false.`,
      );
    }
    this.options = { features, alternateSign };
  }

  /** A row for each item. @throws DataError naming the row; ArgumentError */
  transform(items: Iterable<NamedFeatures>): SparseMatrix {
    const { features, alternateSign } = this.options;
    const builder = new SparseBuilder(features);
    let row = 0;
    for (const item of listOf(items)) {
      const cells = new Map<number, number>();
      for (const pair of pairsOf(item, row)) {
        // What is given may be anything: a string, say, is a pair of letters.
        const [name, value] = Array.isArray(pair)
          ? (pair as readonly [string, number | string])
          : [pair, NaN];
        const [key, amount] = typeof value === 'string' ? [`${name}=${value}`, 1] : [name, value];
        if (typeof key !== 'string' || !Number.isFinite(amount)) {
          throw new DataError(
            `Row ${row} has ${describe(value)} for ${describe(name)}: expected a string for a name, and a finite number ` +
              `or a string for a value.`,
            { row },
          );
        }
        const hash = hashOf(key);
        const column = columnOf(hash, features);
        cells.set(column, (cells.get(column) ?? 0) + (alternateSign && hash < 0 ? -amount : amount));
      }
      builder.add(cells);
      row++;
    }
    return builder.build();
  }
}

function pairsOf(item: NamedFeatures, row: number): Iterable<readonly [string, number | string]> {
  if (typeof item !== 'object' || item === null) {
    throw new DataError(
      `Row ${row} is ${describe(item)}: expected an object, { width: 3 }, or pairs, [['width', 3]].`,
      { row },
    );
  }
  return Symbol.iterator in item ? (item as Iterable<readonly [string, number]>) : Object.entries(item);
}

/** @throws ArgumentError */
export function listOf<Item>(items: Iterable<Item>): Iterable<Item> {
  if (typeof items === 'object' && items !== null && Symbol.iterator in items) return items;
  throw new ArgumentError(
    `transform() was given ${describe(items)}: expected a list with an item for each row.`,
  );
}
