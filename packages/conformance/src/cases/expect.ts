import {
  ArgumentError,
  AsgdError,
  BackendError,
  ClosedError,
  ContractError,
  DeviceLostError,
  DisposedError,
  DTypeError,
  AveragesSwappedError,
  LengthError,
  OptionError,
  OutOfMemoryError,
  type RealArray,
  StateDictError,
  UnsupportedError,
} from '@asgd/core';
import { countAssertion } from '../assertions.ts';
import { compare, exactly } from '../compare.ts';

/** The code of an error that core or a backend throws. */
export type ErrorCode = (
  | ArgumentError
  | OptionError
  | DTypeError
  | LengthError
  | BackendError
  | ContractError
  | DisposedError
  | ClosedError
  | UnsupportedError
  | StateDictError
  | AveragesSwappedError
  | OutOfMemoryError
  | DeviceLostError
)['code'];

const classes: { readonly [Code in ErrorCode]: new () => AsgdError & { readonly code: Code } } = {
  INVALID_ARGUMENT: ArgumentError,
  INVALID_OPTION: OptionError,
  DTYPE: DTypeError,
  LENGTH: LengthError,
  BACKEND_MISMATCH: BackendError,
  CONTRACT: ContractError,
  DISPOSED: DisposedError,
  CLOSED: ClosedError,
  UNSUPPORTED: UnsupportedError,
  STATE_DICT: StateDictError,
  AVERAGES_SWAPPED: AveragesSwappedError,
  OUT_OF_MEMORY: OutOfMemoryError,
  DEVICE_LOST: DeviceLostError,
};

/** Fails with `message` unless the condition holds. */
export function expect(condition: boolean, message: string): asserts condition {
  countAssertion();
  if (!condition) throw new Error(message);
}

/** Fails unless two plain values are the same (`Object.is`). */
export function expectSame(actual: unknown, expected: unknown, what: string): void {
  expect(Object.is(actual, expected), `${what} is ${describe(actual)}; expected ${describe(expected)}.`);
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
  const expected = `${classes[code].name} (${code})`;
  expect(error !== undefined, `${what}: expected ${expected}, but nothing was thrown.`);
  const isExpected = error instanceof classes[code] && error.code === code;
  expect(isExpected, `${what}: expected ${expected}, but got ${describeError(error)}.`);
}

/** Describes any value, for messages. */
export function describe(value: unknown): string {
  if (typeof value === 'string') return `'${value}'`;
  if (typeof value === 'function') return 'a function';
  if (typeof value !== 'object' || value === null) return Object.is(value, -0) ? '-0' : String(value);
  return Array.isArray(value) ? `[${value.map(describe).join(', ')}]` : `a ${value.constructor.name}`;
}

function describeError(error: unknown): string {
  if (error instanceof AsgdError) return `${error.name} (${error.code}): ${error.message}`;
  return error instanceof Error ? `${error.name}: ${error.message}` : describe(error);
}

/** Fails unless two arrays hold the same bits; any NaN is the same as any other. */
export function expectBits(actual: RealArray, expected: RealArray, what: string): void {
  compare(what, actual, exactly(expected), () => {});
}
