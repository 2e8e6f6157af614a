import {
  ArgumentError,
  type AsgdError,
  AveragesSwappedError,
  BackendError,
  ClosedError,
  DisposedError,
  DTypeError,
  LengthError,
  OptionError,
  type RealArray,
  StateDictError,
  UnsupportedError,
} from '@asgd/core';
import { expect as expecting } from 'vitest';

/** The code of an error that core throws. */
export type ErrorCode =
  | 'INVALID_ARGUMENT'
  | 'INVALID_OPTION'
  | 'DTYPE'
  | 'LENGTH'
  | 'BACKEND_MISMATCH'
  | 'DISPOSED'
  | 'CLOSED'
  | 'UNSUPPORTED'
  | 'STATE_DICT'
  | 'AVERAGES_SWAPPED';

const classes: Readonly<Record<ErrorCode, new () => AsgdError>> = {
  INVALID_ARGUMENT: ArgumentError,
  INVALID_OPTION: OptionError,
  DTYPE: DTypeError,
  LENGTH: LengthError,
  BACKEND_MISMATCH: BackendError,
  DISPOSED: DisposedError,
  CLOSED: ClosedError,
  UNSUPPORTED: UnsupportedError,
  STATE_DICT: StateDictError,
  AVERAGES_SWAPPED: AveragesSwappedError,
};

/** Fails with `message` unless the condition holds. */
export function expect(condition: boolean, message: string): asserts condition {
  expecting(condition, message).toBe(true);
}

/** Fails unless two plain values are the same (`Object.is`). */
export function expectSame(actual: unknown, expected: unknown, what: string): void {
  expecting(actual, what).toBe(expected);
}

/** Fails unless two plain values are equal all the way down, numbers by their bits; any NaN is any other. */
export function expectEqual(actual: unknown, expected: unknown, what: string): void {
  expecting(actual, what).toStrictEqual(expected);
}

/** Fails unless two arrays hold the same numbers. */
export function expectBits(actual: RealArray, expected: RealArray, what: string): void {
  expectEqual(actual, expected, what);
}

/** Fails unless the call throws an error of the class and code named. */
export function expectThrows(code: ErrorCode, what: string, call: () => unknown): void {
  let thrown: unknown;
  try {
    call();
  } catch (error) {
    thrown = error;
  }
  expectError(code, what, thrown);
}

/** Fails unless the promise rejects with an error of the class and code named. */
export async function expectRejects(code: ErrorCode, what: string, promise: Promise<unknown>): Promise<void> {
  const rejected: unknown = await promise.then(
    () => undefined,
    (error: unknown) => error,
  );
  expectError(code, what, rejected);
}

function expectError(code: ErrorCode, what: string, error: unknown): void {
  expecting(error, what).toBeInstanceOf(classes[code]);
  expecting(error, what).toHaveProperty('code', code);
}

/** Describes any value, for messages. */
export function describe(value: unknown): string {
  if (typeof value === 'string') return `'${value}'`;
  if (typeof value === 'function') return 'a function';
  if (typeof value !== 'object' || value === null) return Object.is(value, -0) ? '-0' : String(value);
  return Array.isArray(value) ? `[${value.map(describe).join(', ')}]` : `a ${value.constructor.name}`;
}
