import { describe } from './describe.ts';
import { arrayType, dtypeOf, type RealArray } from './dtype.ts';
import { ArgumentError, DTypeError, LengthError } from './errors.ts';

/** What one machine has averaged. */
export interface AveragesPart {
  /** The averages of all parameters, in the same order on every machine: what `averageOf` of each reads. */
  readonly averages: readonly RealArray[];
  /**
   * How many iterates they are the means of; at least 1. After `step` updates that is `step - t0 - 1`, and 1 while
   * averaging has not begun.
   */
  readonly iterates: number;
}

/**
 * The averages over the iterates of several machines: the mean of theirs, weighted by how many iterates each is the mean
 * of. In float64 and in the order given, so the same parts in the same order give the same bits; rounded once, to the
 * dtype of the first part. The averages of one part come back with their bits. What was merged can be merged again, with
 * the sum of the iterates.
 *
 * One-shot averaging: M. Zinkevich, M. Weimer, A. Smola and L. Li, "Parallelized stochastic gradient descent", 2010;
 * Y. Zhang, J. Duchi and M. Wainwright, "Communication-efficient algorithms for statistical optimization", 2013.
 *
 * ```ts
 * const merged = mergeAverages([
 *   { averages: [Float32Array.of(1, 2)], iterates: 300 },
 *   { averages: [Float32Array.of(5, 2)], iterates: 100 },
 * ]); // [Float32Array.of(2, 2)]
 * ```
 *
 * @returns arrays of their own, one for each parameter
 * @throws ArgumentError, DTypeError, LengthError, each naming the part and the parameter
 */
export function mergeAverages(parts: readonly AveragesPart[]): RealArray[] {
  checkParts(parts);
  const [first, ...others] = parts;
  if (first === undefined) return [];
  return first.averages.map((values, at) => {
    const mean = Float64Array.from(values);
    let iterates = first.iterates;
    for (const part of others) {
      iterates += part.iterates;
      const share = part.iterates / iterates;
      const average = part.averages[at] ?? [];
      for (let i = 0; i < mean.length; i++) {
        const value = mean[i] ?? NaN;
        mean[i] = value + ((average[i] ?? NaN) - value) * share;
      }
    }
    return new (arrayType(dtypeOf(values) ?? 'float64'))(mean);
  });
}

function checkParts(parts: unknown): void {
  if (!Array.isArray(parts) || parts.length === 0) {
    throw new ArgumentError(
      `mergeAverages() was given ${describe(parts)}: expected a list of one part or more, each { averages, iterates }.`,
    );
  }
  let first: readonly unknown[] | undefined;
  for (const [at, part] of parts.entries()) {
    const { averages, iterates } = (part ?? {}) as { averages?: unknown; iterates?: unknown };
    if (!Array.isArray(averages)) {
      throw new ArgumentError(
        `The averages of part ${at} are ${describe(averages)}: expected a list of arrays, one for each parameter.`,
      );
    }
    if (!Number.isFinite(iterates) || (iterates as number) < 1) {
      throw new ArgumentError(
        `The iterates of part ${at} are ${describe(iterates)}: expected a number >= 1. A part that has averaged nothing is ` +
          `left out.`,
      );
    }
    first ??= averages;
    checkAlike(first, averages, at);
  }
}

function checkAlike(expected: readonly unknown[], found: readonly unknown[], part: number): void {
  if (found.length !== expected.length) {
    throw new LengthError(
      `Part ${part} has the averages of ${found.length} parameters: expected ${expected.length}, as in part 0.`,
    );
  }
  for (const [at, values] of found.entries()) {
    const dtype = dtypeOf(values);
    const wanted = dtypeOf(expected[at]) ?? 'float32 or float64';
    if (dtype === undefined || dtype !== wanted) {
      throw new DTypeError(
        `Average ${at} of part ${part} is ${dtype ?? describe(values)}: expected an array of ${wanted}.`,
      );
    }
    const { length } = values as RealArray;
    const wantedLength = (expected[at] as RealArray).length;
    if (length !== wantedLength) {
      throw new LengthError(
        `Average ${at} of part ${part} has ${length} values: expected ${wantedLength}, as in part 0.`,
      );
    }
  }
}
