import { kernelsOf } from './backend.ts';
import { type Cohorts, formCohorts, settle } from './cohorts.ts';
import { describe } from './describe.ts';
import { layoutOf, type RealArray } from './dtype.ts';
import { AsgdError, StateDictError } from './errors.ts';
import type { ParamGroup } from './groups.ts';
import { checkOptions, defaultOptions, type Options } from './options.ts';
import { clonePlain } from './save-state.ts';
import type { Counters } from './schedule.ts';
import type { State } from './state.ts';
import type { SavedGroup, SavedState, SavedTensor, StateDict } from './state-dict.ts';
import type { Memory } from './memory.ts';
import { allocateLike, freeLike } from './storage.ts';
import { checkUsable, type Parameter, Tensor } from './tensor.ts';
import { toRealArray } from './values.ts';

/** A group as it will be, apart from its parameters. */
interface GroupContent extends Partial<Options> {
  readonly lr: number;
  readonly paramNames?: readonly string[];
}

/** A checked entry of the dictionary. */
interface LoadedEntry {
  readonly state: State;
  readonly counters: Counters;
  readonly values: RealArray;
}

/**
 * Replaces the options of `groups` and all of `states` by the dictionary's, matched by position. All of it or
 * nothing: whatever can fail comes before the first change.
 * @throws StateDictError, OutOfMemoryError
 */
export function loadState(dict: StateDict, groups: readonly ParamGroup[], memory: Memory): void {
  const { states, stepped } = memory;
  if (!isRecord(dict) || !isRecord(dict.state) || !Array.isArray(dict.paramGroups)) {
    throw new StateDictError(`The state dictionary is ${describe(dict)}: expected { state, paramGroups }.`);
  }
  const contents = readGroups(dict.paramGroups, groups);
  const entries = readEntries(dict, groups, states);
  const storages = writeAverages(entries);

  groups.forEach((group, index) => {
    const content = contents[index];
    if (content) replaceContent(group, content);
  });
  for (const state of stepped.values()) state.forget();
  stepped.clear();
  entries.forEach(({ state }, index) => {
    state.adoptAverage(storages[index]);
    stepped.set(state.parameter, state);
  });
  const counters = new Map(entries.map((entry) => [entry.state, entry.counters]));
  groups.forEach(({ params, foreach }, index) => {
    const members = params.flatMap((parameter) => {
      const state = stepped.get(parameter);
      const loaded = state && counters.get(state);
      return loaded ? [{ state, tensor: parameter, counters: loaded, origin: null }] : [];
    });
    const { list } = memory.cohorts[index] as Cohorts; // there are some for each group
    for (const cohort of list.splice(0)) cohort.dispose();
    for (const cohort of formCohorts(members, foreach !== false)) list.push(settle(cohort));
  });
}

function readGroups(saved: readonly SavedGroup[], groups: readonly ParamGroup[]): GroupContent[] {
  if (saved.length !== groups.length) {
    throw new StateDictError(
      `The state dictionary has ${saved.length} parameter groups, the optimizer has ${groups.length}.`,
    );
  }
  return groups.map((group, index) => readGroup(saved[index], group, index));
}

function readGroup(saved: SavedGroup | undefined, group: ParamGroup, index: number): GroupContent {
  const where = `parameter group ${index} of the state dictionary`;
  if (!isRecord(saved) || !Array.isArray(saved.params)) {
    throw new StateDictError(`The value of ${where} is ${describe(saved)}: expected { params, ...options }.`);
  }
  const { params, paramNames = group.paramNames, lr, ...rest } = saved;
  if (params.length !== group.params.length) {
    throw new StateDictError(
      `${params.length} parameters are in ${where}, but the optimizer's has ${group.params.length}.`,
    );
  }
  // PyTorch's flags came one by one, so older dictionaries lack some; the numbers were always there.
  const { foreach, maximize, differentiable, capturable } = defaultOptions;
  const flags = { foreach, maximize, differentiable, capturable };
  const options = { ...flags, ...clonePlain(rest, index), lr: readScalar(lr, 'lr', where) };
  asStateDictError(() => checkOptions(options, where));
  if (group.lr instanceof Tensor) checkUsable(group.lr);
  if (paramNames === undefined) return options;
  if (!isNames(paramNames) || paramNames.length !== params.length) {
    throw new StateDictError(
      `The paramNames of ${where} are ${describe(paramNames)}: expected one a parameter.`,
    );
  }
  return { ...options, paramNames: [...paramNames] };
}

function readEntries(
  { state, paramGroups }: StateDict,
  groups: readonly ParamGroup[],
  states: ReadonlyMap<Parameter, State>,
): LoadedEntry[] {
  const ids = paramGroups.flatMap(({ params }) => params);
  if (new Set(ids).size !== ids.length) {
    throw new StateDictError(`The groups of the state dictionary list a parameter twice: ${ids.join(', ')}.`);
  }
  const params = groups.flatMap((group) => group.params);
  const owners = new Map(params.map((parameter, position) => [String(ids[position]), parameter]));
  return Object.entries(state).map(([id, saved]) => {
    const parameter = owners.get(id);
    const known = parameter && states.get(parameter);
    if (!known) {
      throw new StateDictError(
        `The state dictionary has state for parameter ${id}, which none of its groups has.`,
      );
    }
    return readEntry(id, saved, known);
  });
}

function readEntry(id: string, saved: SavedState, state: State): LoadedEntry {
  const where = `parameter ${id} of the state dictionary`;
  if (!isRecord(saved)) {
    throw new StateDictError(`The state of ${where} is ${describe(saved)}: expected { step, eta, mu, ax }.`);
  }
  const step = readScalar(saved.step, 'step', where);
  if (!Number.isSafeInteger(step) || step < 0) {
    throw new StateDictError(`The step of ${where} is ${step}: expected an integer from 0.`);
  }
  const eta = Math.fround(readScalar(saved.eta, 'eta', where));
  const mu = Math.fround(readScalar(saved.mu, 'mu', where));
  return { state, counters: { step, eta, mu }, values: readValues(saved.ax, state.parameter, where) };
}

function readScalar(saved: unknown, name: string, where: string): number {
  const values = isRecord(saved) && Object.hasOwn(saved, 'values') ? saved.values : saved;
  const value = isRecord(values) && values.length === 1 ? values[0] : values;
  if (typeof value !== 'number') {
    throw new StateDictError(
      `The ${name} of ${where} is ${describe(saved)}: expected a number or a one-element tensor.`,
    );
  }
  return value;
}

/** Converts between precisions, rounding once, as loading in PyTorch does; never between real and complex. */
function readValues(saved: SavedTensor | undefined, { dtype, shape }: Parameter, where: string): RealArray {
  if (!isRecord(saved) || !Array.isArray(saved.shape)) {
    throw new StateDictError(`The ax of ${where} is ${describe(saved)}: expected { dtype, shape, values }.`);
  }
  const given = `${saved.dtype}[${saved.shape.join(', ')}]`;
  const { real, lanes } = layoutOf(dtype);
  const savedLayout = asStateDictError(() => layoutOf(saved.dtype), `The ax of ${where} does not fit. `);
  if (savedLayout.lanes !== lanes || saved.shape.join() !== shape.join()) {
    throw new StateDictError(
      `The ax of ${where} is ${given}, the parameter is ${dtype}[${shape.join(', ')}].`,
    );
  }
  const required = shape.reduce((size, extent) => size * extent, lanes as number);
  if (saved.values?.length !== required) {
    throw new StateDictError(
      `The ax of ${where} is ${given}, but has ${saved.values?.length ?? 'no'} values: expected ${required}.`,
    );
  }
  return asStateDictError(() => toRealArray(saved.values, real), `The ax of ${where} does not fit. `);
}

/** Storage with its values for every entry; all of it or none. */
function writeAverages(entries: readonly LoadedEntry[]): readonly unknown[] {
  const storages: unknown[] = [];
  try {
    for (const { state, values } of entries) {
      const { parameter } = state;
      checkUsable(parameter);
      const storage = allocateLike(parameter);
      storages.push(storage);
      kernelsOf(parameter.backend).write(storage, values);
    }
  } catch (error) {
    entries.forEach(({ state }, index) => {
      if (index < storages.length) freeLike(state.parameter, storages[index]);
    });
    throw error;
  }
  return storages;
}

/** The group stays the same object, and a learning rate the same tensor: schedulers and users hold on to them. */
function replaceContent(group: ParamGroup, { lr, ...content }: GroupContent): void {
  if (group.lr instanceof Tensor) group.lr.write([lr]);
  else group.lr = lr;
  for (const key of Object.keys(group)) if (key !== 'params' && key !== 'lr') delete group[key];
  Object.assign(group, content);
}

/** What `check` finds wrong is wrong with the dictionary. */
function asStateDictError<Result>(check: () => Result, prefix = ''): Result {
  try {
    return check();
  } catch (cause) {
    throw cause instanceof AsgdError ? new StateDictError(prefix + cause.message, { cause }) : cause;
  }
}

function isNames(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((name) => typeof name === 'string');
}

function isRecord(value: unknown): value is Record<PropertyKey, unknown> {
  return typeof value === 'object' && value !== null;
}
