import { ArgumentError, type Backend, type DType, type Parameter, type Tensor } from '@asgd/core';
import { isPlainObject } from './containers.ts';
import { isFloat, type TorchDType } from './dtype.ts';
import { moduleVersions } from './objects.ts';
import { roundTo } from './round.ts';
import { isTorchTensor, type TorchTensor } from './tensor.ts';

/** Which tensors become parameters, and of which dtype. */
export interface LoadParametersOptions<Name extends string = string> {
  /** Which tensors to load: their names, without prefix, or a test of a name. Default: all. */
  readonly only?: readonly Name[] | ((name: string) => boolean);
  /** The dtype of the parameters. Default: that of the tensor; float32 for float16 and bfloat16. */
  readonly dtype?: DType;
}

/** The prefixes that DistributedDataParallel and torch.compile put before the names of a module's tensors. */
const prefixes = ['module.', '_orig_mod.'];

/**
 * The tensors of a module's `state_dict()` as parameters on a backend, by name. Prefixes that all names have from
 * DistributedDataParallel, AveragedModel or torch.compile are left out, and so is AveragedModel's `n_averaged`. Names
 * whose tensors share their values, such as tied weights, share one parameter.
 * @throws ArgumentError for something that is not a state dictionary, and for tensors that no backend supports, such
 * as int64 ones, unless `only` leaves them out; what `backend.parameter` throws
 */
export function loadParameters<Name extends string = string>(
  stateDict: unknown,
  backend: Backend,
  { only = () => true, dtype }: LoadParametersOptions<Name> = {},
): Record<Name, Parameter> {
  const chosen = choose([...tensorsOf(stateDict).values()], only);
  const unfit = chosen.filter(({ tensor }) => !isFloat(tensor.dtype));
  if (unfit.length > 0) {
    const list = unfit.slice(0, 5).map(({ name, tensor }) => `'${name}' (${tensor.dtype})`);
    throw new ArgumentError(
      `No backend supports tensors such as ${list.join(', ')}: leave them out with the option only, ` +
        `as in { only: (name) => !name.endsWith('num_batches_tracked') }.`,
    );
  }
  const made = new Map<string, Parameter>();
  const identify = identities();
  const entries = chosen.map(({ name, tensor }): [string, Parameter] => {
    const id = identify(tensor);
    const parameter =
      made.get(id) ?? backend.parameter(tensor.values as Float32Array, describe(name, tensor, dtype));
    made.set(id, parameter);
    return [name, parameter];
  });
  return Object.fromEntries(entries) as Record<Name, Parameter>;
}

/**
 * The values of tensors as of the call, in the form of a checkpoint. With `like`, the state dictionary that they were
 * loaded from, the result is that dictionary with the new values: same names, prefixes and dtypes, including what was
 * left out.
 * @throws ArgumentError for a name that `like` does not have, or has with another shape
 */
export async function saveParameters(
  tensors: Readonly<Record<string, Tensor>>,
  { like }: { readonly like?: unknown } = {},
): Promise<Record<string, TorchTensor>> {
  const known = like === undefined ? undefined : tensorsOf(like);
  const keys = new Map([...(known ?? [])].map(([key, { name }]) => [name, key]));
  const forms = Object.entries(tensors).map(([name, tensor]) => {
    const key = known ? keys.get(name) : name;
    const model = known?.get(key ?? '')?.tensor;
    if (key === undefined || (known && model?.shape.join() !== tensor.shape.join())) {
      throw new ArgumentError(
        `'${name}' is ${tensor}, but the state dictionary in the option like has ` +
          `${model ? `${model.dtype}[${model.shape.join(', ')}] there` : 'no tensor of that name'}.`,
      );
    }
    return { key, tensor, dtype: model?.dtype ?? tensor.dtype };
  });
  const made = new Map<Tensor, Promise<TorchTensor>>();
  const entries = forms.map(async ({ key, tensor, dtype }): Promise<[string, TorchTensor]> => {
    const read = made.get(tensor) ?? readAs(tensor, dtype);
    made.set(tensor, read);
    return [key, await read];
  });
  const saved = Object.fromEntries(await Promise.all(entries));
  return like === undefined
    ? saved
    : withVersions({ ...(like as Record<string, TorchTensor>), ...saved }, like);
}

interface Named {
  /** The name without prefixes. */
  readonly name: string;
  readonly tensor: TorchTensor;
}

/** The tensors of a module's state dictionary, by their keys in it. */
function tensorsOf(stateDict: unknown): ReadonlyMap<string, Named> {
  if (!isPlainObject(stateDict) || isTorchTensor(stateDict)) {
    throw new ArgumentError(
      `A module's state dictionary is an object of tensors: give the result of model.state_dict().`,
    );
  }
  const entries = Object.entries(stateDict).filter(([key]) => key !== 'n_averaged' || !isAveraged(stateDict));
  const named = new Map<string, Named>();
  const prefix = commonPrefix(entries.map(([key]) => key));
  for (const [key, tensor] of entries) {
    if (!isTorchTensor(tensor)) {
      throw new ArgumentError(
        `'${key}' of the state dictionary is not a tensor: give the result of model.state_dict(), such as checkpoint.model.`,
      );
    }
    named.set(key, { name: key.slice(prefix), tensor });
  }
  return named;
}

/** The state dictionary of torch.optim.swa_utils.AveragedModel: its count, and the tensors of the averaged module. */
function isAveraged(stateDict: Readonly<Record<string, unknown>>): boolean {
  return Object.keys(stateDict).every((key) => key === 'n_averaged' || key.startsWith('module.'));
}

function choose(
  named: readonly Named[],
  only: readonly string[] | ((name: string) => boolean),
): readonly Named[] {
  if (typeof only === 'function') return named.filter(({ name }) => only(name));
  return only.map((wanted) => {
    const found = named.find(({ name }) => name === wanted);
    if (found) return found;
    throw new ArgumentError(
      `The state dictionary has no tensor '${wanted}': it has ${named.map(({ name }) => name).join(', ')}.`,
    );
  });
}

/** The total length of the prefixes that all keys have. */
function commonPrefix(keys: readonly string[]): number {
  for (let length = 0; ;) {
    const next = prefixes.find((prefix) => keys.every((key) => key.startsWith(prefix, length)));
    if (next === undefined || keys.length === 0) return length;
    length += next.length;
  }
}

/** Distinguishes tensors by where their values are. */
function identities(): (tensor: TorchTensor) => string {
  const buffers = new Map<unknown, number>();
  let empty = 0;
  return ({ dtype, shape, values }) => {
    const buffer = buffers.get(values.buffer) ?? buffers.size;
    buffers.set(values.buffer, buffer);
    // Empty ones share nothing.
    return values.length === 0
      ? `empty ${empty++}`
      : `${buffer} ${values.byteOffset} ${dtype} ${shape.join()}`;
  };
}

function describe(
  name: string,
  { dtype, shape }: TorchTensor,
  wanted: DType | undefined,
): { readonly name: string; readonly shape: readonly number[]; readonly dtype: DType } {
  const own = dtype === 'float16' || dtype === 'bfloat16' ? 'float32' : (dtype as DType);
  return { name, shape, dtype: wanted ?? own };
}

/** Rounded once to the dtype, ties to even. */
async function readAs(tensor: Tensor, dtype: TorchDType): Promise<TorchTensor> {
  const values = await tensor.read();
  return { dtype, shape: [...tensor.shape], values: roundTo(dtype, values) };
}

function withVersions<Saved extends object>(saved: Saved, like: unknown): Saved {
  const descriptor = Object.getOwnPropertyDescriptor(like, moduleVersions);
  return descriptor ? Object.defineProperty(saved, moduleVersions, descriptor) : saved;
}
