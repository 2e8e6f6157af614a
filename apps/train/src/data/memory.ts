import { UserError } from '../errors.ts';
import { count } from '../output/format.ts';

const mebibyte: number = 2 ** 20;

/** MiB that the program takes besides rows and the model: Node, its code, what is being read, and garbage. */
export const programMemory = 160;

/** MiB that rows need at least. */
export const leastForRows = 16;

/** How many bytes rows may take. */
export interface MemoryShares {
  /** For the rows of each file that are in memory at a time. */
  readonly file: number;
  /** For test rows and for held-out rows that are set aside from a file. */
  readonly aside: number;
}

/**
 * Divides what `--memory` allows. It depends only on the settings and the size of the model, because the order of rows
 * depends on it.
 */
export function memoryShares({ memory, test, t0 }: Dividing, modelBytes = 0): MemoryShares {
  // A quarter is for lines that are being assembled.
  const rows = (3 / 4) * ((memory - programMemory) * mebibyte - modelBytes);
  const aside = rows / 4;
  const setAside = (test === undefined ? 1 : 0) + (t0 === 'auto' ? 1 : 0);
  return { file: (rows - setAside * aside) / (test === undefined ? 1 : 2), aside };
}

/** For each weight: itself and what its average is made of, both in float64, and copies of them to test and to save. */
const bytesPerWeight = 64;

/** What a model takes that has so many features, with so many scores a row. */
export function bytesOfModel(features: number, outputs: number): number {
  return bytesPerWeight * features * outputs;
}

/** Refuses a model that takes more than rows get. A mistyped index in a file is enough to need more than there is. */
export function requireRoom({ memory }: Dividing, features: number, outputs: number): void {
  const needed = Math.ceil(programMemory + (2 * bytesOfModel(features, outputs)) / mebibyte);
  if (needed <= memory + 1) return;
  throw new UserError(
    `a model of ${features} features with ${count(outputs, 'score')} per row needs --memory ${needed}, found ${memory}: ` +
      'give more, or is an index in the data far too large?',
  );
}

/** The settings that matter here. */
interface Dividing {
  readonly memory: number;
  readonly test?: string | undefined;
  readonly t0: number | string;
}
