import type { Average } from './average.ts';
import { type Backend, kernelsOf } from './backend.ts';
import { layoutOf, type RealDType, roundTo } from './dtype.ts';
import type { ParamGroup } from './groups.ts';
import type { Averaging, StepItem } from './kernels.ts';
import { checkOptions } from './options.ts';
import { etaAfter, initialEta, muAfter } from './schedule.ts';
import { State } from './state.ts';
import { type Parameter, storageOf, type Tensor } from './tensor.ts';

/** An optimizer's memory: every parameter has an average, and a state from its first step on. */
export interface Memories {
  readonly averages: ReadonlyMap<Parameter, Average>;
  readonly states: Map<Parameter, State>;
}

/** One parameter's part in a step. */
interface Update {
  readonly parameter: Parameter;
  readonly gradient: Tensor;
  readonly dtype: RealDType;
  /** Joins the optimizer's states, if it is new, when the update has been launched. */
  readonly state: State;
  readonly scalars: Scalars;
}

interface Scalars {
  readonly decay: number;
  readonly eta: number;
  readonly mu: number;
  readonly averaging: Averaging;
  readonly nextEta: number;
  readonly nextMu: number;
}

interface Batch {
  readonly backend: Backend;
  readonly dtype: RealDType;
  readonly group: ParamGroup;
  readonly updates: Update[];
}

/**
 * One step over all groups: everything that can fail for a reason of the caller's, or for want of memory, comes
 * before the first launch.
 */
export function stepGroups(groups: readonly ParamGroup[], memories: Memories): void {
  groups.forEach((group, index) => checkOptions(group, `parameter group ${index}`));
  const batches = groups.flatMap((group) => batchUpdates(group, planUpdates(group, memories)));
  const fresh = allocateAverages(batches);
  try {
    for (const batch of batches) {
      launch(batch, fresh);
      for (const update of batch.updates) commit(update, memories, fresh);
    }
  } finally {
    freeAll(fresh);
  }
}

function planUpdates(group: ParamGroup, { averages, states }: Memories): Update[] {
  const updates: Update[] = [];
  for (const parameter of group.params) {
    const gradient = parameter.grad;
    if (gradient === null) continue;
    storageOf(parameter);
    storageOf(gradient);
    const dtype = layoutOf(parameter.dtype).real;
    const state = states.get(parameter) ?? new State(averageOf(parameter, averages), initialEta(group));
    const last = updates.at(-1);
    const scalars =
      last && last.dtype === dtype && isAlike(last.state, state)
        ? last.scalars
        : scalarsFor(state, dtype, group);
    updates.push({ parameter, gradient, dtype, state, scalars });
  }
  return updates;
}

function averageOf(parameter: Parameter, averages: Memories['averages']): Average {
  const average = averages.get(parameter);
  if (!average) throw new Error(`${parameter} has no average`); // every parameter of a group has one
  return average;
}

/** Parameters of a group mostly share their history, and so their scalars. */
function isAlike(a: State, b: State): boolean {
  return a.step === b.step && a.eta === b.eta && a.mu === b.mu;
}

/** Formed in float64 and rounded once (SPEC.md, Update). */
function scalarsFor({ step, eta, mu }: State, dtype: RealDType, group: ParamGroup): Scalars {
  const nextMu = muAfter(step + 1, group);
  return {
    decay: roundTo(dtype, 1 - group.lambd * eta),
    eta: roundTo(dtype, eta),
    mu: roundTo(dtype, mu),
    averaging: mu !== 1 ? 'blend' : nextMu !== 1 ? 'copy' : 'none',
    nextEta: etaAfter(step + 1, group),
    nextMu,
  };
}

function batchUpdates(group: ParamGroup, updates: readonly Update[]): Batch[] {
  const batches: Batch[] = [];
  for (const update of updates) {
    const { dtype, parameter } = update;
    const { backend } = parameter;
    const open =
      group.foreach === false
        ? undefined
        : batches.find((batch) => batch.backend === backend && batch.dtype === dtype);
    if (open) open.updates.push(update);
    else batches.push({ backend, dtype, group, updates: [update] });
  }
  return batches;
}

/** Storage for the averages that this step is the first to write; all of it or none. */
function allocateAverages(batches: readonly Batch[]): Map<State, unknown> {
  const fresh = new Map<State, unknown>();
  try {
    for (const { updates } of batches) {
      for (const { state, scalars } of updates) {
        if (scalars.averaging === 'none' || state.average.storage !== null) continue;
        fresh.set(state, state.average.allocate());
      }
    }
  } catch (error) {
    freeAll(fresh);
    throw error;
  }
  return fresh;
}

function freeAll(fresh: ReadonlyMap<State, unknown>): void {
  for (const [{ average }, storage] of fresh) average.free(storage);
}

function launch({ backend, dtype, group, updates }: Batch, fresh: ReadonlyMap<State, unknown>): void {
  const items = updates
    .filter(({ parameter }) => parameter.length > 0)
    .map((update) => toItem(update, fresh));
  if (items.length === 0) return;
  const weightDecay = roundTo(dtype, group.weightDecay);
  kernelsOf(backend).step({ dtype, weightDecay, maximize: group.maximize, items });
}

function toItem(update: Update, fresh: ReadonlyMap<State, unknown>): StepItem<unknown> {
  const { parameter, gradient, state, scalars } = update;
  const { decay, eta, mu, averaging } = scalars;
  return {
    parameter: storageOf(parameter),
    gradient: storageOf(gradient),
    average: averaging === 'none' ? null : (state.average.storage ?? fresh.get(state)),
    length: parameter.length * layoutOf(parameter.dtype).lanes,
    averaging,
    decay,
    eta,
    mu,
  };
}

function commit(update: Update, { states }: Memories, fresh: Map<State, unknown>): void {
  const { parameter, state, scalars } = update;
  if (scalars.averaging === 'none') state.average.adopt(null);
  else if (fresh.has(state)) {
    state.average.adopt(fresh.get(state));
    fresh.delete(state);
  }
  state.step += 1;
  state.eta = scalars.nextEta;
  state.mu = scalars.nextMu;
  states.set(parameter, state);
}
