import { isRecord } from './arguments.ts';
import { describe } from './describe.ts';
import { type DType, type Layout, layoutOf, type RealArray } from './dtype.ts';
import {
  ArgumentError,
  BackendError,
  ClosedError,
  DisposedError,
  DTypeError,
  LengthError,
  UnsupportedError,
} from './errors.ts';
import type { Capabilities, Kernels } from './kernels.ts';
import { packageId } from './package.ts';
import type { Storages } from './storages.ts';
import { sizeOf, toRealArray } from './values.ts';

/** How values become a tensor. */
export interface TensorOptions {
  /** Default: `'float64'` for values in a Float64Array, else `'float32'`. */
  readonly dtype?: DType;
  /** Default: one dimension; `[]` for a single number. */
  readonly shape?: readonly number[];
}

/** How values become a parameter. */
export interface ParameterOptions extends TensorOptions {
  /** Appears in error messages. */
  readonly name?: string | undefined;
}

/** What a backend can do: what its kernels declare, and what follows from it. */
export interface BackendCapabilities extends Capabilities {
  /** Whether `capturable` and an `lr` on the device work: the host sees the memory, or the device has the schedule. */
  readonly schedules: boolean;
}

/** A place where tensors live and are updated. Made by a backend's factory, such as `cpu()`. */
export interface Backend<Source = unknown> extends AsyncDisposable {
  /** Short, for people: `'cpu'`. */
  readonly name: string;
  /** What it can do. */
  readonly capabilities: BackendCapabilities;
  /** Whether `close()` has been called. */
  readonly closed: boolean;
  /**
   * A tensor of copied values; a number makes a 0-d tensor.
   * @throws ArgumentError, LengthError, DTypeError, OutOfMemoryError
   */
  tensor(values: ArrayLike<number> | number, options?: TensorOptions): Tensor;
  /** Like {@link tensor}, for an optimizer to update. */
  parameter(values: ArrayLike<number> | number, options?: ParameterOptions): Parameter;
  /**
   * A tensor of zeros. Default dtype: `'float32'`.
   * @throws ArgumentError, DTypeError, OutOfMemoryError
   */
  zeros(shape: readonly number[], options?: { readonly dtype?: DType }): Tensor;
  /**
   * A parameter over the caller's memory, without a copy. It can also serve as a gradient. The backend decides what
   * memory it takes. Disposing of the parameter leaves the memory alone.
   * @throws UnsupportedError, ArgumentError, LengthError, DTypeError
   */
  wrap(source: Source, options?: ParameterOptions): Parameter;
  /** Resolves when everything enqueued so far has been done; rejects with what went wrong since the last call. */
  synchronize(): Promise<void>;
  /** Frees everything on the backend. Later use of it is a ClosedError; a second call waits for the first. */
  close(): Promise<void>;
}

/** Where a tensor's values are. */
export interface Memory {
  readonly kernels: Pick<Kernels<unknown, unknown, unknown>, 'name' | 'read' | 'write' | 'view'>;
  readonly storages: Storages;
  /** The current one: an average gets storage of its own when averaging begins. */
  readonly storage: unknown;
  /** Whether the storage may be another tensor's, as an average's is until averaging begins. */
  readonly mayAlias?: boolean;
  /** Called by the first `dispose()`. */
  release(): void;
}

/** What a tensor is, apart from its values. */
export interface Form {
  readonly backend: Backend;
  readonly dtype: DType;
  readonly shape: readonly number[];
}

/** The storage behind a tensor that may be used; throws where it may not. */
export let storageOf: (tensor: Tensor) => unknown;

/** Throws unless the tensor and its backend may be used. */
export let checkUsable: (tensor: Tensor) => void;

/** Throws if the storage may be another tensor's. @throws ArgumentError */
export let checkOwnStorage: (tensor: Tensor, what: string) => void;

/** Whether it is a tensor of this copy of core. A Proxy of one is not, and neither is a tensor of another copy. */
export let isTensor: (value: unknown) => value is Tensor;

/** Whether it is a parameter of this copy of core. */
export let isParameter: (value: unknown) => value is Parameter;

/** On every tensor, whichever copy of core made it: that copy. */
const mark = Symbol.for('@asgd/core');
const thisCopy = { package: packageId ?? '@asgd/core' };

/** The layout of a tensor's dtype: {@link layoutOf}, without the lookup. */
export let layoutIn: (tensor: Tensor) => Layout;

/**
 * Values on a backend. Made by `backend.tensor`, `backend.zeros` and `backend.wrap`, never by its constructor.
 */
export class Tensor implements Disposable {
  /** Where the values are. */
  readonly backend: Backend;
  /** What the elements are. */
  readonly dtype: DType;
  /** The extent of each dimension; `[]` for a single number. */
  readonly shape: readonly number[];
  /** Elements. A complex element counts once, though its values are two numbers. */
  readonly length: number;
  readonly #memory: Memory;
  readonly #layout: Layout;
  #disposed = false;

  static {
    storageOf = (tensor) => {
      tensor.#check();
      return tensor.#memory.storage;
    };
    checkUsable = (tensor) => tensor.#check();
    checkOwnStorage = (tensor, what) => {
      if (tensor.#memory.mayAlias) {
        throw new ArgumentError(
          `${what} is an average, which an optimizer owns: give a copy, backend.tensor(await average.read()).`,
        );
      }
    };
    layoutIn = (tensor) => tensor.#layout;
    isTensor = (value): value is Tensor => isRecord(value) && #memory in value;
    Object.defineProperty(this.prototype, mark, { value: thisCopy });
  }

  /** @internal */
  constructor({ backend, dtype, shape }: Form, memory: Memory) {
    this.backend = backend;
    this.dtype = dtype;
    this.shape = shape;
    this.length = sizeOf(shape);
    this.#memory = memory;
    this.#layout = layoutOf(dtype);
  }

  /** Whether `dispose()` has been called. */
  get disposed(): boolean {
    return this.#disposed;
  }

  /**
   * A fresh array of the values as of this call, whatever is written or stepped later.
   * Complex values are interleaved: re, im, re, im, … Rejects if they are unknown, because a device failed to write them.
   */
  async read(): Promise<RealArray> {
    const storage = storageOf(this);
    const { kernels, storages } = this.#memory;
    const values = await kernels.read(storage);
    await storages.giveTurn();
    return values;
  }

  /**
   * Copies values in, rounded to the dtype: `length` of them, or twice as many for complex dtypes.
   * @throws LengthError, ArgumentError
   */
  write(values: ArrayLike<number>): void {
    const storage = storageOf(this);
    const { real, lanes } = this.#layout;
    const reals = toRealArray(values, real);
    if (reals.length !== this.length * lanes) {
      throw new LengthError(
        `${this} holds ${this.length * lanes} values, but write() was given ${reals.length}.`,
      );
    }
    this.#memory.kernels.write(storage, reals);
  }

  /**
   * The memory itself, without a copy, if `backend.capabilities.hostVisible`. Call it again after allocating: a
   * backend may move its memory, and an old view is empty then.
   * @throws UnsupportedError where the values are on a device
   */
  view(): RealArray {
    const storage = storageOf(this);
    const { kernels } = this.#memory;
    if (!kernels.view) {
      throw new UnsupportedError(
        `view() needs memory that the host sees, and backend '${kernels.name}' keeps it on a device: ` +
          `use await read() and write().`,
      );
    }
    return kernels.view(storage);
  }

  /** Frees the values. A second call does nothing. */
  dispose(): void {
    if (this.#disposed) return;
    this.#memory.release();
    this.#disposed = true;
  }

  /** Calls {@link dispose}, at the end of a `using` block. */
  [Symbol.dispose](): void {
    this.dispose();
  }

  /** `float32[2, 3]`, as error messages name it. */
  toString(): string {
    return `${this.dtype}[${this.shape.join(', ')}]`;
  }

  #check(): void {
    if (this.#disposed) {
      throw new DisposedError(`${this} was used after dispose(): call dispose() after its last use.`);
    }
    if (this.backend.closed) {
      throw new ClosedError(
        `${this} was used after its backend '${this.backend.name}' was closed: close the backend last.`,
      );
    }
  }
}

/** A tensor that an optimizer updates. Made by `backend.parameter` and `backend.wrap`. */
export class Parameter extends Tensor {
  /** Appears in error messages. */
  readonly name: string | undefined;
  #grad: Tensor | null = null;

  static {
    isParameter = (value): value is Parameter => isRecord(value) && #grad in value;
  }

  /** @internal */
  constructor(form: Form, memory: Memory, name: string | undefined) {
    super(form, memory);
    this.name = name;
  }

  /** The gradient that the next step uses; `null`: this parameter sits the step out. Never written by a step. */
  get grad(): Tensor | null {
    return this.#grad;
  }

  /** @throws UnsupportedError, ArgumentError, BackendError, DTypeError, LengthError, DisposedError */
  set grad(grad: Tensor | null) {
    if (grad !== null) this.#checkGrad(grad);
    this.#grad = grad;
  }

  /** `parameter 'weight' float32[2, 3]`, as error messages name it. */
  override toString(): string {
    return this.name === undefined
      ? `parameter ${super.toString()}`
      : `parameter '${this.name}' ${super.toString()}`;
  }

  #checkGrad(grad: Tensor): void {
    if (isSparse(grad)) {
      throw new UnsupportedError(
        `The gradient of ${this} is sparse: ASGD does not support sparse gradients; give a dense tensor.`,
      );
    }
    if (grad === this) {
      throw new ArgumentError(`${this} cannot be its own gradient: give it a tensor of its own.`);
    }
    checkMatch(grad, this, `The gradient of ${this}`);
    checkOwnStorage(grad, `The gradient of ${this}`);
  }
}

function isSparse(value: unknown): boolean {
  return isRecord(value) && !isTensor(value) && 'indices' in value;
}

/**
 * Throws unless `given` is a usable tensor of the backend, dtype and shape of `like`; `what` names it.
 * @throws ArgumentError, BackendError, DTypeError, LengthError, DisposedError, ClosedError
 */
export function checkMatch(given: unknown, like: Tensor, what: string): asserts given is Tensor {
  checkTensor(given, what);
  if (given.backend !== like.backend) {
    throw new BackendError(
      `${what} is on another backend ('${given.backend.name}') than the parameter ('${like.backend.name}'): ` +
        `make it with parameter.backend.tensor().`,
    );
  }
  if (given.dtype !== like.dtype) {
    throw new DTypeError(`${what} is ${given.dtype}: expected ${like.dtype}, like the parameter.`);
  }
  if (given.length !== like.length) {
    throw new LengthError(
      `${what} has ${given.length} elements: expected ${like.length}, like the parameter.`,
    );
  }
  if (!isSameShape(given.shape, like.shape)) {
    throw new ArgumentError(
      `${what} has the shape [${given.shape.join(', ')}]: expected [${like.shape.join(', ')}], like the parameter; ` +
        `make it with parameter.backend.tensor(values, parameter).`,
    );
  }
}

function isSameShape(a: readonly number[], b: readonly number[]): boolean {
  return a === b || (a.length === b.length && a.every((extent, axis) => extent === b[axis]));
}

/** Throws unless `given` is a tensor that may be used. @throws ArgumentError, DisposedError, ClosedError */
export function checkTensor(given: unknown, what: string): asserts given is Tensor {
  if (!isTensor(given)) {
    throw new ArgumentError(
      `${what} is ${describe(given)}: expected a tensor made by backend.tensor()${hintOf(given)}.`,
    );
  }
  checkUsable(given);
}

/** A hint for a value that looks like a tensor. Every copy of core finds the mark of every other's. */
export function hintOf(given: unknown): string {
  let maker: unknown;
  try {
    maker = isRecord(given) ? given[mark] : undefined;
  } catch {} // a revoked Proxy
  if (!isRecord(maker)) return '';
  if (maker === thisCopy) return ', and not wrapped in a Proxy';
  return (
    `. Another copy of core made it: ${String(maker['package'])}, and this is ${thisCopy.package}. \`npm ls @asgd/core\` shows ` +
    `who brought them, and \`npm dedupe\` leaves one if the versions asked for allow it`
  );
}
