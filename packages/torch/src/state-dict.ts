import type { SavedGroup, SavedScalar, SavedState, SavedTensor, StateDict } from '@asgd/core';
import { StateDictError } from '@asgd/core';
import { isPlainObject } from './containers.ts';
import { isTorchTensor, type TorchTensor } from './tensor.ts';

/** The state dictionary of `torch.optim.ASGD`, as `loadCheckpoint` returns it and `saveCheckpoint` takes it. */
export interface TorchStateDict {
  /** By the running index of the parameter over the groups. */
  readonly state: ReadonlyMap<number, TorchState>;
  /** In the optimizer’s order. */
  readonly param_groups: readonly TorchGroup[];
}

/** The state of one parameter. The counters are 0-dimensional float32 tensors. */
export interface TorchState {
  /** How many updates there have been. */
  readonly step: TorchTensor<'float32'>;
  /** The step size of the next update. */
  readonly eta: TorchTensor<'float32'>;
  /** The weight of the parameter in the next average. */
  readonly mu: TorchTensor<'float32'>;
  /** The average, with the dtype and the shape of the parameter. */
  readonly ax: TorchTensor;
}

/** A group's options under PyTorch's names. */
export interface TorchGroup {
  /** Indices of parameters, which run over all groups. */
  readonly params: readonly number[];
  /** `lr`, `weight_decay` and the others. */
  readonly [option: string]: unknown;
}

/** The keys of a group that ASGD knows, in PyTorch's order, with their names here. All others go into extra. */
const keys = {
  lr: 'lr',
  lambd: 'lambd',
  alpha: 'alpha',
  t0: 't0',
  weight_decay: 'weightDecay',
  foreach: 'foreach',
  maximize: 'maximize',
  differentiable: 'differentiable',
  capturable: 'capturable',
  param_names: 'paramNames',
} as const;

/**
 * Converts PyTorch's state dictionary, the result of `optimizer.state_dict()` of `torch.optim.ASGD`, to one that
 * `ASGD.loadStateDict` of @asgd/core takes. Keys of groups that are not options go into `extra`. Unknown keys next to
 * the groups or in a parameter's state stay where they are, and an `ASGD` ignores them.
 * @throws StateDictError for anything else, such as another optimizer's state
 */
export function toStateDict(torchDict: unknown): StateDict {
  if (!isPlainObject(torchDict) || !Array.isArray(torchDict['param_groups'])) {
    throw new StateDictError(
      `A state dictionary of PyTorch's optimizer has state and param_groups, but this is ${describe(torchDict)}: ` +
        `give the result of optimizer.state_dict(), such as checkpoint.optimizer.`,
    );
  }
  const { state, param_groups: groups, ...rest } = torchDict;
  return {
    ...rest,
    state: Object.fromEntries(entriesOf(state).map(([id, entry]) => [id, toSavedState(id, entry)])),
    paramGroups: (groups as unknown[]).map(toSavedGroup),
  };
}

/**
 * Converts the result of `await optimizer.stateDict()` of @asgd/core to PyTorch's state dictionary, for
 * `saveCheckpoint` and then `optimizer.load_state_dict()` in PyTorch. `step` is rounded to float32, as PyTorch counts.
 * @throws StateDictError
 */
export function toTorch(stateDict: StateDict): TorchStateDict {
  if (!isPlainObject(stateDict) || !isPlainObject(stateDict.state) || !Array.isArray(stateDict.paramGroups)) {
    throw new StateDictError(
      `A state dictionary of @asgd/core has state and paramGroups, but this is ${describe(stateDict)}: ` +
        `give await optimizer.stateDict().`,
    );
  }
  const { state: saved, paramGroups, ...rest } = stateDict;
  const state = Object.entries(saved).map(([id, entry]): [number, TorchState] => [
    Number(id),
    toTorchState(id, entry),
  ]);
  return { ...rest, state: new Map(state), param_groups: paramGroups.map(toTorchGroup) };
}

/** A Map from a `.pt` file, whose keys are integers, or an object with such keys. */
function entriesOf(state: unknown): [number, unknown][] {
  const entries =
    state instanceof Map ? [...(state as Map<unknown, unknown>)] : Object.entries(Object(state) as object);
  if (
    !(state instanceof Map || isPlainObject(state)) ||
    !entries.every(([id]) => Number.isSafeInteger(Number(id)))
  ) {
    throw new StateDictError(
      `The state in PyTorch's state dictionary is ${describe(state)}: expected parameters by their indices.`,
    );
  }
  return entries.map(([id, entry]) => [Number(id), entry]);
}

function toSavedState(id: number, entry: unknown): SavedState {
  const where = `The state of parameter ${id}`;
  if (!isPlainObject(entry)) {
    throw new StateDictError(`${where} is ${describe(entry)}: expected step, eta, mu and ax.`);
  }
  const missing = ['step', 'eta', 'mu', 'ax'].filter((key) => !Object.hasOwn(entry, key));
  if (missing.length > 0) {
    throw new StateDictError(
      `${where} has ${Object.keys(entry).join(', ') || 'nothing'}, but lacks ${missing.join(', ')}: ` +
        `expected the state of torch.optim.ASGD.`,
    );
  }
  const { step, eta, mu, ax, ...rest } = entry;
  return {
    ...rest,
    step: toNumber(step, `${where}, step,`),
    eta: toNumber(eta, `${where}, eta,`),
    mu: toNumber(mu, `${where}, mu,`),
    ax: toSavedTensor(ax, `${where}, ax,`),
  };
}

function toSavedGroup(group: unknown, index: number): SavedGroup {
  const where = `Parameter group ${index}`;
  if (!isPlainObject(group) || !Array.isArray(group['params'])) {
    throw new StateDictError(
      `${where} is ${describe(group)}: expected options, and params with a list of indices.`,
    );
  }
  const { params, ...rest } = group;
  const known = Object.entries(keys).filter(([key]) => Object.hasOwn(rest, key));
  const options = Object.fromEntries(known.map(([key, ours]) => [ours, rest[key]]));
  const extra = Object.fromEntries(Object.entries(rest).filter(([key]) => !Object.hasOwn(keys, key)));
  return {
    ...(options as Partial<SavedGroup>),
    ...(Object.hasOwn(options, 'lr') && { lr: toLearningRate(options['lr'], where) }),
    // None: PyTorch decides.
    ...(options['foreach'] === null && { foreach: undefined }),
    params: params as number[],
    extra,
  };
}

function toLearningRate(lr: unknown, where: string): SavedScalar {
  if (isTorchTensor(lr) && (lr.dtype === 'float32' || lr.dtype === 'float64')) {
    return toSavedTensor(lr, where);
  }
  return toNumber(lr, `${where}, lr,`);
}

/** A number, or a tensor or an array with one. */
function toNumber(value: unknown, where: string): number {
  const values: unknown = isTorchTensor(value) ? value.values : value;
  const isOne = (Array.isArray(values) || ArrayBuffer.isView(values)) && (values as unknown[]).length === 1;
  const one = isOne ? (values as unknown[])[0] : values;
  if (typeof one === 'number' || typeof one === 'bigint') return Number(one);
  throw new StateDictError(`${where} is ${describe(value)}: expected a number or a tensor of one element.`);
}

function toSavedTensor(value: unknown, where: string): SavedTensor {
  if (!isTorchTensor(value)) throw new StateDictError(`${where} is ${describe(value)}: expected a tensor.`);
  const { dtype, shape, values } = value;
  switch (dtype) {
    case 'float16':
    case 'bfloat16':
      return { dtype: 'float32', shape, values: values as Float32Array };
    case 'float32':
    case 'float64':
    case 'complex64':
    case 'complex128':
      return { dtype, shape, values: values as Float32Array | Float64Array };
    default:
      throw new StateDictError(`${where} is a tensor of ${dtype}: expected floats or complex numbers.`);
  }
}

function toTorchState(id: string, { step, eta, mu, ax, ...rest }: SavedState): TorchState {
  const where = `The state of parameter ${id}`;
  return {
    ...rest,
    step: toScalar(step, `${where}, step,`),
    eta: toScalar(eta, `${where}, eta,`),
    mu: toScalar(mu, `${where}, mu,`),
    ax: toTorchTensor(ax, `${where}, ax,`),
  };
}

function toTorchGroup({ params, extra, ...options }: SavedGroup, index: number): TorchGroup {
  const { lr } = options;
  const given: Readonly<Record<string, unknown>> = {
    ...options,
    ...(lr !== undefined && !isTorchTensor(lr) && { lr: toNumber(lr, `Parameter group ${index}, lr,`) }),
  };
  const known = Object.entries(keys).filter(([, ours]) => Object.hasOwn(given, ours));
  const renamed = Object.fromEntries(known.map(([key, ours]) => [key, given[ours] ?? null]));
  return { ...renamed, ...(extra as object | undefined), params: [...params] };
}

function toScalar(value: SavedScalar, where: string): TorchTensor<'float32'> {
  return { dtype: 'float32', shape: [], values: Float32Array.of(toNumber(value, where)) };
}

function toTorchTensor(value: unknown, where: string): TorchTensor {
  if (isTorchTensor(value)) return value;
  const isText = isPlainObject(value) && typeof value['values'] === 'string';
  throw new StateDictError(
    `${where} is ${describe(value)}: expected { dtype, shape, values }` +
      `${isText ? ', but these values are text from JSON. Load the dictionary into an optimizer first' : ''}.`,
  );
}

function describe(value: unknown): string {
  if (isTorchTensor(value)) return `a tensor of ${value.dtype}[${value.shape.join(', ')}]`;
  if (!isPlainObject(value)) {
    return typeof value === 'object' && value !== null ? `a ${value.constructor.name}` : String(value);
  }
  const given = Object.keys(value);
  return given.length === 0
    ? 'an empty dictionary'
    : `a dictionary of ${given.slice(0, 6).join(', ')}${given.length > 6 ? ', …' : ''}`;
}
