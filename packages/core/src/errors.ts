// Also an entry of its own, `@asgd/core/errors`: for packages that throw these errors and need nothing else of core.

export { describe } from './describe.ts';

/**
 * Every error thrown by asgd. `code` names the kind of mistake and never changes; the message says what was
 * given, what was expected and what to do. A call that throws has changed nothing.
 */
export abstract class AsgdError extends Error {
  /** The name of its class. */
  abstract override readonly name: string;
  /** The kind of mistake, for programs. It never changes. */
  abstract readonly code: string;
}

/** An argument of the wrong type or value that no other class names. */
export class ArgumentError extends AsgdError {
  override readonly name = 'ArgumentError';
  readonly code = 'INVALID_ARGUMENT';
}

/** An option of the optimizer that is unknown or breaks its rule (SPEC.md, Options). */
export class OptionError extends AsgdError {
  override readonly name = 'OptionError';
  readonly code = 'INVALID_OPTION';
}

/** A dtype that is unknown, that the backend does not have, or that differs from the one required. */
export class DTypeError extends AsgdError {
  override readonly name = 'DTypeError';
  readonly code = 'DTYPE';
}

/** More or fewer values than required. */
export class LengthError extends AsgdError {
  override readonly name = 'LengthError';
  readonly code = 'LENGTH';
}

/** Tensors of two backends where one is required. */
export class BackendError extends AsgdError {
  override readonly name = 'BackendError';
  readonly code = 'BACKEND_MISMATCH';
}

/** Kernels that do not fulfill the contract, or were written for another version of it. */
export class ContractError extends AsgdError {
  override readonly name = 'ContractError';
  readonly code = 'CONTRACT';
}

/** Use of a tensor or an optimizer after its `dispose()`. */
export class DisposedError extends AsgdError {
  override readonly name = 'DisposedError';
  readonly code = 'DISPOSED';
}

/** Use of a backend, or of anything that lives on it, after its `close()`. */
export class ClosedError extends AsgdError {
  override readonly name = 'ClosedError';
  readonly code = 'CLOSED';
}

/** Something that this backend, or averaged SGD itself, does not support. */
export class UnsupportedError extends AsgdError {
  override readonly name = 'UnsupportedError';
  readonly code = 'UNSUPPORTED';
}

/** A state dictionary that does not fit the optimizer it is loaded into. */
export class StateDictError extends AsgdError {
  override readonly name = 'StateDictError';
  readonly code = 'STATE_DICT';
}

/** A call that is not allowed while parameters and averages are swapped. */
export class AveragesSwappedError extends AsgdError {
  override readonly name = 'AveragesSwappedError';
  readonly code = 'AVERAGES_SWAPPED';
}

/** The backend ran out of memory, or no machine has that much. */
export class OutOfMemoryError extends AsgdError {
  override readonly name = 'OutOfMemoryError';
  readonly code = 'OUT_OF_MEMORY';
}

/** The device is gone, with every storage on it. Thrown by backends. */
export class DeviceLostError extends AsgdError {
  override readonly name = 'DeviceLostError';
  readonly code = 'DEVICE_LOST';
}
