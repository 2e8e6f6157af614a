import type { RealArray, RealDType } from '@asgd/core';
import { countAssertion } from './assertions.ts';
import type { Context } from './case.ts';
import { compare, exactly, type Requirement, formatNumber, MismatchError } from './compare.ts';
import { type Latitude, permittedAverages, permittedParameters } from './permitted.ts';
import {
  defaultOptions,
  type Element,
  firstSchedule,
  nextSchedule,
  type Schedule,
  type Scalars,
  scalarsOf,
  update,
  type UpdateOptions,
} from './reference.ts';
import { type Manner, type Observed, type ObservedState, replay } from './replay.ts';
import { realOf, zeros } from './rounding.ts';
import type { Trace } from './trace.ts';

/**
 * Trains as a trace says and holds every step to the reference, bit for bit. Each step is judged from the bits
 * seen before it, so that a backend with latitude is held to its few permitted results at every step, however
 * many there are.
 * @throws MismatchError
 */
export async function trainExactly(
  trace: Trace,
  { backend, recordUlp }: Context,
  manner: Manner = {},
): Promise<void> {
  const groups = trace.groups.map(({ options }): UpdateOptions => ({ ...defaultOptions, ...options }));
  const groupOf = (parameter: number): number =>
    trace.groups.findIndex(({ parameters }) => parameters.includes(parameter));
  let before: readonly Observed[] | undefined;
  let stepNumber = 0;
  for await (const after of replay(trace, backend, manner)) {
    const step = trace.steps[stepNumber - 1];
    step?.options?.forEach((edits, index) => Object.assign(groups[index] ?? {}, edits));
    for (const [index, { dtype, initial }] of trace.parameters.entries()) {
      const [previous, current] = [before?.[index], after[index]];
      const options = groups[groupOf(index)];
      if (!current || !options) continue;
      const what = `parameter ${index} after step ${stepNumber}`;
      const gradient = step?.gradients[index] ?? null;
      if (!previous) checkUntouched(what, { values: initial, state: null }, current, recordUlp);
      else if (!gradient) checkUntouched(what, previous, current, recordUlp);
      else {
        const one = { dtype: realOf(dtype), before: previous, gradient, options };
        checkUpdate(what, one, current, backend.capabilities, recordUlp);
      }
    }
    before = after;
    stepNumber++;
  }
}

/** What one step does to one parameter. */
export interface Update {
  readonly dtype: RealDType;
  readonly before: Observed;
  readonly gradient: RealArray;
  readonly options: UpdateOptions;
}

function checkUpdate(
  what: string,
  one: Update,
  after: Observed,
  latitude: Latitude,
  recordUlp: (ulp: number) => void,
): void {
  const schedule = one.before.state ?? firstSchedule(one.options);
  checkSchedule(what, after.state, nextSchedule(schedule, one.options));
  checkValues(what, one, after, latitude, recordUlp);
}

/**
 * Holds a parameter and its average to the reference of one update, made with the schedule that was seen before it.
 * @throws MismatchError
 */
export function checkValues(
  what: string,
  { dtype, before, gradient, options }: Update,
  after: Observed,
  latitude: Latitude,
  recordUlp: (ulp: number) => void,
): void {
  const schedule = before.state ?? firstSchedule(options);
  const scalars = scalarsOf(dtype, schedule, options);
  const elementBefore = (index: number): Element => ({
    parameter: before.values[index] ?? Number.NaN,
    // Before the first update there is no average yet, and mu is 1, so none is needed.
    average: before.state?.ax[index] ?? 0,
  });
  const expected = updateAll(elementBefore, gradient, scalars);

  const parameters = (index: number): readonly number[] =>
    permittedParameters(elementBefore(index).parameter, gradient[index] ?? Number.NaN, scalars, latitude);
  compare(what, after.values, amongPermitted(expected.parameters, parameters), recordUlp);
  const averages = (index: number): readonly number[] =>
    permittedAverages(after.values[index] ?? Number.NaN, elementBefore(index).average, scalars, latitude);
  const average = after.state?.ax ?? zeros(dtype, 0);
  compare(`the average of ${what}`, average, amongPermitted(expected.averages, averages), recordUlp);
}

function updateAll(
  before: (index: number) => Element,
  gradient: RealArray,
  scalars: Scalars,
): { parameters: RealArray; averages: RealArray } {
  const parameters = zeros(scalars.dtype, gradient.length);
  const averages = zeros(scalars.dtype, gradient.length);
  for (let index = 0; index < gradient.length; index++) {
    const { parameter, average } = update(before(index), gradient[index] ?? Number.NaN, scalars);
    parameters[index] = parameter;
    averages[index] = average;
  }
  return { parameters, averages };
}

/** The plain results, or else, looked up only where one differs, others that the backend's latitude permits. */
function amongPermitted(plain: RealArray, permitted: (index: number) => readonly number[]): Requirement {
  const { accepts, ...exact } = exactly(plain);
  return {
    ...exact,
    accepts: (index, actual) =>
      accepts(index, actual) || permitted(index).some((value) => Object.is(value, actual)),
    describe: (index) => permitted(index).map(formatNumber).join(' or '),
  };
}

function checkUntouched(
  what: string,
  before: Observed,
  after: Observed,
  recordUlp: (ulp: number) => void,
): void {
  compare(`${what}, which had no gradient,`, after.values, exactly(before.values), recordUlp);
  if (before.state === null) {
    if (after.state !== null) throw new MismatchError(`${what} has state, but never had a gradient.`);
    return;
  }
  const state = checkSchedule(`${what}, which had no gradient,`, after.state, before.state);
  compare(`the average of ${what}, which had no gradient,`, state.ax, exactly(before.state.ax), recordUlp);
}

/** @throws MismatchError */
export function checkSchedule(what: string, actual: ObservedState | null, expected: Schedule): ObservedState {
  countAssertion();
  const describe = ({ step, eta, mu }: Schedule): string => `step ${step}, eta ${eta}, mu ${mu}`;
  if (actual === null) {
    throw new MismatchError(`${what}: expected ${describe(expected)}, but it has no state.`);
  }
  const isSame = (['step', 'eta', 'mu'] as const).every((key) => Object.is(actual[key], expected[key]));
  if (!isSame) throw new MismatchError(`${what}: expected ${describe(expected)}, got ${describe(actual)}.`);
  return actual;
}
