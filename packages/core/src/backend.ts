import { checkOptionsObject, isRecord, isThenable } from './arguments.ts';
import { describe } from './describe.ts';
import { type DType, dtypeOf, layoutOf, type RealArray, type RealDType } from './dtype.ts';
import {
  ArgumentError,
  ClosedError,
  ContractError,
  DisposedError,
  DTypeError,
  UnsupportedError,
} from './errors.ts';
import { CONTRACT_VERSION, type Kernels, type StepBatch, type Wrapped } from './kernels.ts';
import { packageId } from './package.ts';
import { Storages } from './storages.ts';
import {
  type Backend,
  type BackendCapabilities,
  type Form,
  type Memory,
  Parameter,
  type ParameterOptions,
  Tensor,
  type TensorOptions,
} from './tensor.ts';
import { checkShape, fitShape, sizeOf, toRealArray } from './values.ts';

/** The kernels behind a backend, except for what {@link storagesOf} manages. */
export let kernelsOf: (backend: Backend) => Omit<Kernels<unknown, unknown, unknown>, 'allocate' | 'free'>;

/** The storages of a backend. */
export let storagesOf: (backend: Backend) => Storages;

/** A backend over kernels. */
class KernelBackend<Source = unknown> implements Backend<Source> {
  readonly name: string;
  readonly capabilities: BackendCapabilities;
  readonly #kernels: Kernels<unknown, Source, unknown>;
  readonly #storages: Storages;
  #closing: Promise<void> | undefined;

  static {
    kernelsOf = (backend) => (backend as KernelBackend).#kernels; // there are no others
    storagesOf = (backend) => (backend as KernelBackend).#storages;
  }

  constructor(kernels: Kernels<unknown, Source, unknown>) {
    this.#kernels = kernels;
    this.#storages = new Storages(kernels);
    this.name = kernels.name;
    this.capabilities = Object.freeze({
      ...kernels.capabilities,
      dtypes: Object.freeze([...kernels.capabilities.dtypes]),
      schedules: kernels.capabilities.hostVisible || kernels.capabilities.schedules === true,
    });
  }

  get closed(): boolean {
    return this.#closing !== undefined;
  }

  tensor(values: ArrayLike<number> | number, options: TensorOptions = {}): Tensor {
    const { form, memory } = this.#copyIn(values, options, 'tensor');
    return new Tensor(form, memory);
  }

  parameter(values: ArrayLike<number> | number, options: ParameterOptions = {}): Parameter {
    const { form, memory } = this.#copyIn(values, options, 'parameter');
    return new Parameter(form, memory, options.name);
  }

  zeros(shape: readonly number[], options: { readonly dtype?: DType } = {}): Tensor {
    checkOptionsObject(options, 'zeros()', "backend.zeros([2, 3], { dtype: 'float64' })");
    const dtype = this.#checkDType(options.dtype ?? 'float32');
    const form = { backend: this, dtype, shape: checkShape(shape) };
    return new Tensor(form, this.#allocate(dtype, sizeOf(form.shape)));
  }

  wrap(source: Source, options: ParameterOptions = {}): Parameter {
    this.#checkOpen();
    checkTensorOptions(options, 'wrap');
    const kernels = this.#kernels;
    if (!kernels.wrap) {
      throw new UnsupportedError(`Backend '${this.name}' cannot wrap memory: use parameter() or tensor().`);
    }
    const real = options.dtype === undefined ? undefined : layoutOf(this.#checkDType(options.dtype)).real;
    const wrapped = kernels.wrap(source, real);
    const dtype = this.#checkDType(options.dtype ?? wrapped.dtype);
    if (layoutOf(dtype).real !== wrapped.dtype) {
      throw new DTypeError(`The memory to wrap holds ${wrapped.dtype}, which cannot be ${dtype}.`);
    }
    const shape = fitShape(wrapped.length, dtype, options.shape);
    return new Parameter({ backend: this, dtype, shape }, new WrappedMemory(this, wrapped), options.name);
  }

  async synchronize(): Promise<void> {
    this.#checkOpen();
    await promiseOf(this.name, 'synchronize', this.#kernels.synchronize());
    await this.#storages.giveTurn();
  }

  close(): Promise<void> {
    if (!this.#closing) {
      this.#storages.close();
      this.#closing = promiseOf(this.name, 'close', this.#kernels.close());
    }
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #copyIn(
    values: ArrayLike<number> | number,
    options: ParameterOptions,
    method: 'tensor' | 'parameter',
  ): { form: Form; memory: Memory } {
    checkTensorOptions(options, method);
    const { dtype = dtypeOf(values) ?? 'float32', shape } = options;
    this.#checkDType(dtype);
    const isScalar = typeof values === 'number';
    const reals = toRealArray(isScalar ? [values] : values, layoutOf(dtype).real);
    const fitted = fitShape(reals.length, dtype, shape ?? (isScalar ? [] : undefined));
    const memory = this.#allocate(dtype, sizeOf(fitted), reals);
    return { form: { backend: this, dtype, shape: fitted }, memory };
  }

  #allocate(dtype: DType, length: number, values?: RealArray): Memory {
    const { real, lanes } = layoutOf(dtype);
    const memory = new OwnMemory(this, real, length * lanes);
    try {
      if (values) this.#kernels.write(memory.storage, values);
    } catch (error) {
      memory.release();
      throw error;
    }
    return memory;
  }

  #checkDType(dtype: DType): DType {
    this.#checkOpen();
    const { dtypes } = this.capabilities;
    if (!dtypes.includes(layoutOf(dtype).real)) {
      throw new DTypeError(`Backend '${this.name}' has no ${dtype}: it computes in ${dtypes.join(' and ')}.`);
    }
    return dtype;
  }

  #checkOpen(): void {
    if (this.closed) throw new ClosedError(`Backend '${this.name}' was used after close(): open another.`);
  }
}

/** What a method of kernels gave, if it is a promise: nobody could wait for anything else. @throws ContractError */
async function promiseOf(name: string, method: 'synchronize' | 'close', given: unknown): Promise<void> {
  if (!isThenable(given)) {
    throw new ContractError(`${method}() of backend '${name}' gave ${describe(given)}: expected a promise.`);
  }
  await given;
}

/** The caller's memory. It may be gone: its buffer may have been transferred to a worker, or resized. */
class WrappedMemory implements Memory {
  readonly kernels: Memory['kernels'];
  readonly storages: Storages;
  readonly #storage: unknown;
  readonly #length: number;

  constructor(backend: Backend, { storage, length }: Wrapped<unknown>) {
    this.kernels = kernelsOf(backend);
    this.storages = storagesOf(backend);
    this.#storage = storage;
    this.#length = length;
  }

  get storage(): unknown {
    const storage = this.#storage;
    if (ArrayBuffer.isView(storage) && (storage as RealArray).length !== this.#length) {
      throw new DisposedError(
        `Wrapped memory of ${this.#length} values now has ${(storage as RealArray).length}: its buffer was transferred ` +
          `or resized. Wrap memory that keeps its size, or copy it with parameter().`,
      );
    }
    return storage;
  }

  release(): void {}
}

/** @throws ArgumentError */
function checkTensorOptions(options: ParameterOptions, method: 'tensor' | 'parameter' | 'wrap'): void {
  checkOptionsObject(options, `${method}()`, `backend.${method}(values, { shape: [2, 3] })`);
  const { name } = options;
  if (name !== undefined && typeof name !== 'string') {
    throw new ArgumentError(`The name of a parameter is ${describe(name)}: expected text, or nothing.`);
  }
}

const methods = [
  'allocate',
  'write',
  'read',
  'copy',
  'prepare',
  'step',
  'release',
  'synchronize',
  'close',
] as const;
/** Memory that belongs to a tensor. */
class OwnMemory implements Memory {
  readonly kernels: Memory['kernels'];
  readonly storages: Storages;
  readonly storage: unknown;

  constructor(backend: Backend, dtype: RealDType, length: number) {
    this.kernels = kernelsOf(backend);
    this.storages = storagesOf(backend);
    this.storage = this.storages.allocate(this, dtype, length);
  }

  release(): void {
    this.storages.free(this.storage);
  }
}

/**
 * Makes a backend for users out of kernels.
 * @throws ContractError when the kernels were written for another contract, or lack a part of it
 */
export function defineBackend<Storage, Source = never, Plan = StepBatch<Storage>>(
  kernels: Kernels<Storage, Source, Plan>,
): Backend<Source> {
  if (!isRecord(kernels) || typeof kernels.name !== 'string') {
    throw new ContractError(
      `The kernels are ${describe(kernels)}: expected an object with a name, see Kernels in @asgd/core.`,
    );
  }
  const { name, contract, capabilities } = kernels;
  if (contract !== CONTRACT_VERSION) {
    const backend = typeof kernels.package === 'string' ? kernels.package : undefined;
    const latest = backend ? backend.replace(/(.)@.*/, '$1@latest') : `and the latest release of '${name}'`;
    throw new ContractError(
      `${backend ?? `Backend '${name}'`} was written for version ${describe(contract)} of the contract between ` +
        `backends and core, but the installed ${packageId ?? '@asgd/core'} has version ${CONTRACT_VERSION}. ` +
        `Install releases that fit together: npm install @asgd/core@latest ${latest}`,
    );
  }
  const missing: string[] = methods.filter((method) => typeof kernels[method] !== 'function');
  if (kernels.free !== undefined && typeof kernels.free !== 'function') missing.push('free');
  if (missing.length > 0) {
    throw new ContractError(`Backend '${name}' lacks ${missing.join(', ')}: see Kernels in @asgd/core.`);
  }
  if (!Array.isArray(capabilities?.dtypes) || capabilities.dtypes.length === 0) {
    throw new ContractError(
      `Backend '${name}' declares no capabilities.dtypes: see Capabilities in @asgd/core.`,
    );
  }
  if (capabilities.dtypes.findIndex((dtype) => dtype !== 'float32' && dtype !== 'float64') >= 0) {
    throw new ContractError(
      `Backend '${name}' declares the dtypes ${describe(capabilities.dtypes)}: expected 'float32', 'float64' or both.`,
    );
  }
  if (capabilities.hostVisible !== (kernels.view !== undefined)) {
    throw new ContractError(
      `Backend '${name}' declares hostVisible: ${describe(capabilities.hostVisible)}, but has ${kernels.view ? 'a' : 'no'} view().`,
    );
  }
  // A storage, or a plan, only ever goes back to the kernels it came from.
  return new KernelBackend(kernels);
}
