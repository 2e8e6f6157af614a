import type { Cohort, Preparation, States } from './cohort.ts';
import { type Cohorts, formCohorts, split } from './cohorts.ts';
import { roundTo } from './dtype.ts';
import { checkNotUpdated } from './gradient-order.ts';
import type { ParamGroup } from './groups.ts';
import type { Averaging } from './kernels.ts';
import { checkOnDevice, isOnDevice, learningRate } from './learning-rate.ts';
import type { Memory } from './memory.ts';
import { advance, averagingFor, fillScalars, firstCounters } from './schedule.ts';
import type { State } from './state.ts';
import { allocateLike, freeLike, realsIn } from './storage.ts';
import type { RecordedUpdate } from './tape.ts';
import { type Parameter, storageOf, type Tensor } from './tensor.ts';

/** Where a step finds a parameter's gradient. */
export type GradientOf = (parameter: Parameter) => Tensor | null;

/**
 * Plans a group's part in a step. Each of its cohorts joins `memory.launches` before its planning can fail. Then
 * `cohort.next` has what the launch needs, and what it will change.
 * @throws OptionError, BackendError, UnsupportedError, DisposedError, ClosedError, OutOfMemoryError
 */
export function planGroup(group: ParamGroup, index: number, memory: Memory, gradientOf: GradientOf): void {
  const cohorts = memory.cohorts[index] as Cohorts; // every group has an entry
  const lr = learningRate(group, cohorts.groupName);
  let known = 0;
  for (let at = 0; at < cohorts.list.length; at++) {
    const takesPart = divide(cohorts.list, at, group.foreach !== false, gradientOf);
    const cohort = cohorts.list[at] as Cohort;
    known += cohort.states.length;
    if (!takesPart) continue;
    memory.launches.push(cohort);
    planCohort(cohort, group, index, lr, memory, gradientOf);
  }
  if (known === group.params.length) return;
  for (const cohort of formNewCohorts(group, lr, memory, gradientOf)) {
    cohort.next.joins = cohorts.list;
    memory.launches.push(cohort);
    planCohort(cohort, group, index, lr, memory, gradientOf);
  }
}

/**
 * Divides a cohort if only some of its parameters have a gradient, or if each is launched alone. Returns whether the
 * part that is now in its place has gradients. Parts never merge again: that would only save launches.
 */
function divide(list: Cohort[], at: number, areTogether: boolean, gradientOf: GradientOf): boolean {
  const cohort = list[at] as Cohort;
  const { states } = cohort;
  let active = 0;
  for (let i = 0; i < states.length; i++) if (gradientOf((states[i] as State).parameter) !== null) active++;
  if (active === 0 || (active === states.length && (areTogether || active === 1))) return active > 0;
  const isActive = ({ parameter }: State): boolean => gradientOf(parameter) !== null;
  const idle = states.filter((state) => !isActive(state));
  const parts = areTogether ? [states.filter(isActive)] : states.filter(isActive).map((state) => [state]);
  if (idle.length > 0) parts.push(idle);
  list.splice(at, 1, ...split(cohort, parts as unknown as States[])); // none is empty
  return true;
}

/** Forms cohorts of the parameters that have a gradient for the first time. */
function formNewCohorts(
  { params, lambd, alpha, foreach }: ParamGroup,
  lr: number | Tensor,
  { states }: Memory,
  gradientOf: GradientOf,
): Cohort[] {
  // The host does not compute with a learning rate that only a device sees.
  const origin = { lr: typeof lr === 'number' ? lr : NaN, lambd, alpha };
  const counters = firstCounters(origin);
  const members = params.flatMap((parameter) => {
    const state = states.get(parameter);
    return state && !state.cohort && gradientOf(parameter)
      ? [{ state, tensor: parameter, counters, origin }]
      : [];
  });
  return formCohorts(members, foreach !== false);
}

function planCohort(
  cohort: Cohort,
  group: ParamGroup,
  index: number,
  lr: number | Tensor,
  memory: Memory,
  gradientOf: GradientOf,
): void {
  const [{ parameter }] = cohort.states;
  let averaging: Averaging;
  if (isOnDevice(parameter, cohort, lr, group)) {
    checkOnDevice(parameter, lr, group, (memory.cohorts[index] as Cohorts).groupName);
    planOnDevice(cohort, group, lr);
    averaging = 'scheduled';
  } else averaging = planOnHost(cohort, group, lr as number); // a tensor would be on the device
  if (!isPrepared(cohort, averaging, memory, gradientOf)) {
    cohort.next.prepared = prepare(cohort, averaging, gradientOf);
  }
  if (group.differentiable) {
    cohort.next.recorded = recordUpdates(cohort, group, index, averaging, gradientOf);
  }
}

/** Computes the scalars, and the counters after the step. Returns what the step does to the average. */
function planOnHost({ counters, next, origin, dtype }: Cohort, group: ParamGroup, lr: number): Averaging {
  const { lambd, alpha } = group;
  const isSame = origin?.lr === lr && origin.lambd === lambd && origin.alpha === alpha;
  next.origin = isSame ? origin : { lr, lambd, alpha };
  advance(next.counters, counters, lr, group);
  fillScalars(next.hostScalars, dtype, counters, group);
  next.scalars = next.hostScalars;
  return averagingFor(counters, next.counters);
}

/** @throws OutOfMemoryError */
function planOnDevice(cohort: Cohort, group: ParamGroup, lr: number | Tensor): void {
  const { dtype, next } = cohort;
  const { lambd, alpha, t0, weightDecay, maximize } = group;
  if (!cohort.isOnDevice) next.deviceCounters = cohort.copyCountersToDevice();
  next.scalars = {
    on: 'device',
    counters: cohort.deviceCounters ?? next.deviceCounters,
    lr: typeof lr === 'number' ? lr : storageOf(lr),
    lambd,
    alpha,
    t0,
    weightDecay: roundTo(dtype, weightDecay),
    sign: maximize ? -1 : 1,
  };
}

/** Whether the last plan can be used again, with tensors that can. @throws ArgumentError, DisposedError, ClosedError */
function isPrepared(
  { states, prepared }: Cohort,
  averaging: Averaging,
  memory: Memory,
  gradientOf: GradientOf,
): boolean {
  let isSame = prepared?.averaging === averaging;
  for (let i = 0; i < states.length; i++) {
    const { parameter } = states[i] as State;
    const gradient = gradientOf(parameter) as Tensor; // those without one have left
    storageOf(parameter);
    storageOf(gradient);
    checkNotUpdated(gradient, parameter, memory.states, gradientOf);
    isSame &&= prepared?.gradients[i] === gradient;
  }
  return isSame;
}

/** Makes a plan, all or nothing. @throws OutOfMemoryError, and what the kernels throw */
function prepare(
  { states, kernels, dtype }: Cohort,
  averaging: Averaging,
  gradientOf: GradientOf,
): Preparation {
  const gradients = states.map(({ parameter }) => gradientOf(parameter) as Tensor);
  const averages: unknown[] = [];
  try {
    for (const state of states) {
      const isNew = state.average === null && averaging !== 'none';
      averages.push(isNew ? allocateLike(state.parameter, state) : null);
    }
    const items = states
      .map(({ parameter, average }, at) => ({
        parameter: storageOf(parameter),
        gradient: storageOf(gradients[at] as Tensor),
        average: averaging === 'none' ? null : (average ?? averages[at]),
        length: realsIn(parameter),
      }))
      .filter(({ length }) => length > 0);
    const isEmpty = items.length === 0 && averaging !== 'scheduled';
    const plan = isEmpty ? undefined : { ofKernels: kernels.prepare({ dtype, averaging, items }) };
    return { averaging, gradients, averages, plan };
  } catch (error) {
    freeAverages(states, averages);
    throw error;
  }
}

/** Frees storage that was reserved for averages. */
export function freeAverages(states: States, averages: readonly unknown[]): void {
  averages.forEach((storage, at) => {
    if (storage !== null) freeLike((states[at] as State).parameter, storage);
  });
}

/** Copies what the updates of a cohort start from, all or nothing. @throws OutOfMemoryError */
function recordUpdates(
  { states, kernels, counters, origin, next }: Cohort,
  { lambd, weightDecay, maximize }: ParamGroup,
  groupIndex: number,
  averaging: Averaging,
  gradientOf: GradientOf,
): RecordedUpdate[] {
  const group = { lambd, weightDecay, maximize };
  const { decay, eta, mu } = next.hostScalars;
  const scalars = { decay, eta, mu, averaging };
  const copies: [Parameter, unknown][] = [];
  const copy = (parameter: Parameter, tensor: Tensor): unknown => {
    const storage = allocateLike(parameter, group); // only the records refer to `group`
    copies.push([parameter, storage]);
    kernels.copy(storageOf(tensor), storage);
    return storage;
  };
  try {
    return states.map(({ parameter }) => ({
      parameter,
      groupIndex,
      group,
      scalars,
      step: counters.step,
      origin,
      before: copy(parameter, parameter),
      gradient: copy(parameter, gradientOf(parameter) as Tensor), // a cohort that takes a step has them
    }));
  } catch (error) {
    for (const [parameter, storage] of copies) freeLike(parameter, storage);
    throw error;
  }
}
