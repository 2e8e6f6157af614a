import { isRecord } from './arguments.ts';
import { kernelsOf } from './backend.ts';
import { type Cohorts, formCohorts, settle } from './cohorts.ts';
import { counterRules } from './counter-rules.ts';
import { describe } from './describe.ts';
import { type DType, layoutOf, type RealArray } from './dtype.ts';
import { AsgdError, StateDictError } from './errors.ts';
import { isNamesOf, type ParamGroup, readExtra } from './groups.ts';
import { fromJson, valuesFromJson } from './json.ts';
import { checkOptions, defaultOptions, type Options } from './options.ts';
import type { Memory } from './memory.ts';
import { cloneExtra } from './save-state.ts';
import type { Counters } from './schedule.ts';
import type { State } from './state.ts';
import type { SavedGroup, SavedState, SavedTensor, StateDict } from './state-dict.ts';
import { allocateLike, freeLike } from './storage.ts';
import { checkUsable, isTensor, type Parameter, storageOf, type Tensor } from './tensor.ts';
import { isShape, sizeOf, toRealArray } from './values.ts';

/** The new content of a group, without its parameters. */
interface GroupContent extends Partial<Options> {
  readonly lr: number;
  readonly paramNames?: readonly string[];
  readonly extra: Record<string, unknown>;
}

/** A checked entry of the dictionary. */
interface LoadedEntry {
  readonly state: State;
  readonly counters: Counters;
  readonly values: RealArray;
}

/**
 * Replaces the options of `groups` and all states with the dictionary's, matched by position. All or nothing:
 * everything that can fail comes before the first change.
 * @throws StateDictError, OutOfMemoryError
 */
export function loadState(dict: StateDict, groups: readonly ParamGroup[], memory: Memory): void {
  const { states, stepped } = memory;
  checkDictionary(dict);
  if (!isRecord(dict.state) || !Array.isArray(dict.paramGroups)) {
    throw new StateDictError(
      'param_groups' in dict
        ? `This is a state dictionary of PyTorch (it has param_groups): convert it with toStateDict() of @asgd/torch.`
        : `The state dictionary has ${Object.keys(dict).join(', ') || 'nothing in it'}: expected ` +
            `{ state, paramGroups }.`,
    );
  }
  const contents = readGroups(dict.paramGroups, groups);
  const entries = readEntries(dict, groups, states);
  const storages = writeAverages(entries);
  try {
    writeLearningRates(groups, contents);
  } catch (error) {
    freeAverages(entries, storages);
    throw error;
  }

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
    const { list } = memory.cohorts[index] as Cohorts; // every group has an entry
    for (const cohort of list.splice(0)) cohort.dispose();
    for (const cohort of formCohorts(members, foreach !== false)) list.push(settle(cohort));
  });
}

/** Throws unless it could be a state dictionary, before hooks get to see it. @throws StateDictError */
export function checkDictionary(dict: unknown): asserts dict is object {
  if (isRecord(dict) && !Array.isArray(dict)) return;
  throw new StateDictError(
    `The state dictionary is ${describe(dict)}: expected { state, paramGroups }` +
      `${typeof dict === 'string' ? '; give its text to JSON.parse first' : ''}.`,
  );
}

function readGroups(saved: readonly SavedGroup[], groups: readonly ParamGroup[]): GroupContent[] {
  if (saved.length !== groups.length) {
    throw new StateDictError(
      `The state dictionary has ${saved.length} parameter groups, but the optimizer has ${groups.length}: make ` +
        `the optimizer with the same groups.`,
    );
  }
  return groups.map((group, index) => readGroup(saved[index], group, index));
}

function readGroup(saved: SavedGroup | undefined, group: ParamGroup, index: number): GroupContent {
  const where = `parameter group ${index} of the state dictionary`;
  if (!isRecord(saved) || !Array.isArray(saved.params)) {
    throw new StateDictError(`The value of ${where} is ${describe(saved)}: expected { params, ...options }.`);
  }
  const { params, paramNames = group.paramNames, extra, lr, ...rest } = saved;
  if (params.length !== group.params.length) {
    throw new StateDictError(
      `There are ${params.length} parameters in ${where}, but ${group.params.length} in the optimizer's: make the ` +
        `optimizer with the same groups.`,
    );
  }
  if (params.findIndex((id) => typeof id !== 'number' && typeof id !== 'string') >= 0) {
    throw new StateDictError(
      `The params of ${where} are ${describe(params)}: expected indices, such as [0, 1].`,
    );
  }
  if (!isReplaceable(group)) {
    throw new StateDictError(
      `Parameter group ${index} of the optimizer is frozen, in whole or in part, and loading would change it: ` +
        `do not freeze groups.`,
    );
  }
  // PyTorch's flags came one by one, so older dictionaries lack some; the numbers were always there.
  const { foreach, maximize, differentiable, capturable } = defaultOptions;
  const flags = { foreach, maximize, differentiable, capturable };
  const numbers = fromJson({ ...rest }) as Partial<Options>;
  const options = { ...flags, ...numbers, lr: readScalar(lr, 'lr', where) };
  asStateDictError(() => checkOptions(options, where));
  const cloned = asStateDictError(() => cloneExtra(readExtra(fromJson(extra), where), where));
  if (isTensor(group.lr)) checkUsable(group.lr);
  if (paramNames === undefined) return { ...options, extra: cloned };
  if (!isNamesOf(paramNames, params.length)) {
    throw new StateDictError(
      `The paramNames of ${where} are ${describe(paramNames)}: expected one name per parameter.`,
    );
  }
  return { ...options, extra: cloned, paramNames: [...paramNames] };
}

/** Whether everything but `params` can be replaced. */
function isReplaceable(group: ParamGroup): boolean {
  const { params: _, ...properties } = Object.getOwnPropertyDescriptors(group);
  return (
    Object.isExtensible(group) &&
    Object.values(properties).every(({ writable, configurable }) => writable && configurable)
  );
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
        `The state dictionary has state for parameter ${id}, which is in none of its groups.`,
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
    throw new StateDictError(`The step of ${where} is ${step}: expected an integer >= 0.`);
  }
  const eta = Math.fround(readScalar(saved.eta, 'eta', where));
  const mu = Math.fround(readScalar(saved.mu, 'mu', where));
  return { state, counters: { step, eta, mu }, values: readValues(saved.ax, state.parameter, where) };
}

function readScalar(given: unknown, name: 'lr' | 'step' | keyof typeof counterRules, where: string): number {
  const saved = fromJson(given);
  const values = isRecord(saved) && Object.hasOwn(saved, 'values') ? valuesOf(saved, where) : saved;
  const value = isRecord(values) && values['length'] === 1 ? values[0] : values;
  if (typeof value !== 'number') {
    throw new StateDictError(
      `The ${name} of ${where} is ${describe(saved)}: expected a number or a one-element tensor.`,
    );
  }
  if (name === 'eta' || name === 'mu') {
    const { holds, expected } = counterRules[name];
    if (!holds(value)) throw new StateDictError(`The ${name} of ${where} is ${value}: expected ${expected}.`);
  }
  return value;
}

/** The values of a saved tensor, decoded if JSON made text of them. */
function valuesOf({ values, dtype }: Readonly<Record<string, unknown>>, where: string): unknown {
  if (typeof values !== 'string') return values;
  return asStateDictError(
    () => valuesFromJson(values, layoutOf(dtype as DType).real),
    `A tensor of ${where} is broken. `,
  );
}

/** Converts between precisions, rounding once, as loading in PyTorch does; never between real and complex. */
function readValues(saved: SavedTensor | undefined, { dtype, shape }: Parameter, where: string): RealArray {
  if (!isRecord(saved) || !isShape(saved.shape)) {
    throw new StateDictError(`The ax of ${where} is ${describe(saved)}: expected { dtype, shape, values }.`);
  }
  const { lanes } = asStateDictError(() => layoutOf(saved.dtype), `The ax of ${where} does not fit. `);
  const given = `${saved.dtype}[${saved.shape.join(', ')}]`;
  const { real, ...layout } = layoutOf(dtype);
  if (lanes !== layout.lanes || saved.shape.join() !== shape.join()) {
    throw new StateDictError(
      `The ax of ${where} is ${given}: expected that of the parameter, ${dtype}[${shape.join(', ')}].`,
    );
  }
  const values = valuesOf(saved, where);
  if (isRecord(values) && !('length' in values) && Object.keys(values).every((key) => Number(key) >= 0)) {
    throw new StateDictError(
      `The values of the ax of ${where} are an object with numbered keys. JSON.stringify makes that of a typed ` +
        `array, and loses -0, NaN and infinities: stringify what stateDict() returned, not a clone of it.`,
    );
  }
  const required = sizeOf(shape) * lanes;
  const length = (values as ArrayLike<unknown> | null | undefined)?.length;
  if (length !== required) {
    throw new StateDictError(
      `The ax of ${where} is ${given}, but has ${length === undefined ? 'no' : String(length)} values: expected ${required}.`,
    );
  }
  return asStateDictError(
    () => toRealArray(values as ArrayLike<number>, real),
    `The ax of ${where} does not fit. `,
  );
}

/** Makes storage with the loaded values for every entry, all or nothing. */
function writeAverages(entries: readonly LoadedEntry[]): readonly unknown[] {
  const storages: unknown[] = [];
  try {
    for (const { state, values } of entries) {
      const { parameter } = state;
      checkUsable(parameter);
      const storage = allocateLike(parameter, state);
      storages.push(storage);
      kernelsOf(parameter.backend).write(storage, values);
    }
  } catch (error) {
    freeAverages(entries, storages);
    throw error;
  }
  return storages;
}

/** Frees as many as there are. */
function freeAverages(entries: readonly LoadedEntry[], storages: readonly unknown[]): void {
  storages.forEach((storage, index) => freeLike((entries[index] as LoadedEntry).state.parameter, storage));
}

/** Writes the rates of the groups whose rate is a tensor, all or nothing. @throws what the kernels throw */
function writeLearningRates(groups: readonly ParamGroup[], contents: readonly GroupContent[]): void {
  const undo: (() => void)[] = [];
  const spares: [Tensor, unknown][] = [];
  try {
    groups.forEach(({ lr }, index) => {
      if (!isTensor(lr)) return;
      const spare = allocateLike(lr, spares);
      spares.push([lr, spare]);
      const kernels = kernelsOf(lr.backend);
      kernels.copy(storageOf(lr), spare);
      lr.write([(contents[index] as GroupContent).lr]); // every group has one
      undo.push(() => kernels.copy(spare, storageOf(lr)));
    });
  } catch (error) {
    for (const restore of undo.toReversed()) restore();
    throw error;
  } finally {
    for (const [lr, spare] of spares) freeLike(lr, spare);
  }
}

/** The group stays the same object, and a learning rate the same tensor: schedulers and users hold on to them. */
function replaceContent(group: ParamGroup, { lr, ...content }: GroupContent): void {
  if (!isTensor(group.lr)) group.lr = lr; // its values have been written
  for (const key of Object.keys(group)) {
    if (key !== 'params' && key !== 'lr') Reflect.deleteProperty(group, key);
  }
  Object.assign(group, content);
}

/** Turns what `check` finds wrong into an error about the dictionary. */
function asStateDictError<Result>(check: () => Result, prefix = ''): Result {
  try {
    return check();
  } catch (cause) {
    throw cause instanceof AsgdError ? new StateDictError(prefix + cause.message, { cause }) : cause;
  }
}
