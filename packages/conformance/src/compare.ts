import type { RealArray, RealDType } from '@asgd/core';
import { countAssertion } from './assertions.ts';
import type { Diagnosis } from './diagnosis.ts';
import { haveSameBits } from './rounding.ts';

/** What an array must hold. The only tolerances are those that a requirement states itself. */
export interface Requirement {
  readonly dtype: RealDType;
  readonly length: number;
  /** The value that errors are measured from. */
  expected(index: number): number;
  accepts(index: number, actual: number): boolean;
  /** What `expected` gives, all of it. With it nothing is asked about elements if all are equal: millions are faster so. */
  readonly all?: RealArray;
  /** What would have been accepted, for the error message. Default: `expected`. */
  describe?(index: number): string;
  /** The error in ulp. Default: how many steps between neighboring numbers lead from `expected` to `actual`. */
  ulp?(index: number, actual: number): number;
}

/** Values differ from what they must be. The message shows the first and counts the rest. */
export class MismatchError extends Error {
  override readonly name = 'MismatchError';
  /** What can be said of the update that gave them. */
  readonly diagnosis: Diagnosis | null;

  constructor(message: string, diagnosis: Diagnosis | null = null) {
    super(message);
    this.diagnosis = diagnosis;
  }
}

/** Exactly these values: any NaN matches NaN, each infinity matches itself, and −0 does not match 0. */
export function exactly(values: RealArray): Requirement {
  return {
    dtype: dtypeOf(values),
    length: values.length,
    all: values,
    expected: (index) => values[index] as number,
    accepts: (index, actual) => Object.is(actual, values[index]),
  };
}

/**
 * Compares `actual` with a requirement.
 * @param what the start of the error message: `'parameter 0 after step 3'`
 * @param recordUlp receives the largest error, whether or not it is accepted
 * @throws MismatchError
 */
export function compare(
  what: string,
  actual: RealArray,
  requirement: Requirement,
  recordUlp: (ulp: number) => void,
): void {
  countAssertion();
  const { dtype, length, all } = requirement;
  if (dtypeOf(actual) !== dtype || actual.length !== length) {
    throw new MismatchError(
      `${what}: expected ${length} values of ${dtype}, got ${actual.length} of ${dtypeOf(actual)}.`,
    );
  }
  // Of millions of elements, asking each takes seconds.
  if (all && haveSameBits(actual, all)) return recordUlp(0);
  const ulpOfError =
    requirement.ulp ??
    ((index: number, value: number) => ulpDistance(dtype, value, requirement.expected(index)));
  let largest = 0;
  let first = -1;
  let refused = 0;
  for (let index = 0; index < actual.length; index++) {
    const value = actual[index] as number;
    const isEqual = Object.is(value, requirement.expected(index));
    if (!isEqual) largest = Math.max(largest, ulpOfError(index, value));
    if (requirement.accepts(index, value)) continue;
    if (first < 0) first = index;
    refused++;
  }
  recordUlp(largest);
  if (first < 0) return;
  const value = actual[first] as number;
  const wanted = requirement.describe?.(first) ?? formatNumber(requirement.expected(first));
  throw new MismatchError(
    `${what}: at index ${first} expected ${wanted}, got ${formatNumber(value)} ` +
      `(${formatUlp(ulpOfError(first, value))} apart); ${refused} of ${actual.length} values differ, ` +
      `by at most ${formatUlp(largest)}.`,
  );
}

/**
 * How many steps between neighboring numbers separate two numbers of a dtype. The two zeros count as one
 * number. The distance between a NaN and a number is infinite.
 */
export function ulpDistance(dtype: RealDType, a: number, b: number): number {
  if (Number.isNaN(a) || Number.isNaN(b)) return Number.isNaN(a) && Number.isNaN(b) ? 0 : Infinity;
  const distance = ordinal(dtype, a) - ordinal(dtype, b);
  return Number(distance < 0n ? -distance : distance);
}

const bytes = new DataView(new ArrayBuffer(8));

/** The rank of a number among the numbers of its dtype; 0 for the zeros. */
function ordinal(dtype: RealDType, value: number): bigint {
  const magnitude = Math.abs(value);
  if (dtype === 'float32') bytes.setFloat32(4, magnitude);
  else bytes.setFloat64(0, magnitude);
  const index = dtype === 'float32' ? BigInt(bytes.getUint32(4)) : bytes.getBigUint64(0);
  return value < 0 ? -index : index;
}

function dtypeOf(values: RealArray): RealDType {
  return values instanceof Float32Array ? 'float32' : 'float64';
}

/** The shortest digits that read back as the number, with the sign of a zero. */
export function formatNumber(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value);
}

/** `3 ulp`, `0.25 ulp`, `Infinity ulp`. */
export function formatUlp(ulp: number): string {
  return `${Number.isInteger(ulp) ? ulp : ulp.toPrecision(3)} ulp`;
}
