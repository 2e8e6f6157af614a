import type { Backend, RealArray, RealDType } from '@asgd/core';
import { countAssertion } from './assertions.ts';
import type { Context } from './case.ts';
import { compare, exactly, type Requirement, formatNumber, MismatchError, ulpDistance } from './compare.ts';
import { diagnose } from './diagnose.ts';
import type { Observation } from './mistakes.ts';
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
import type { Observed } from './observe.ts';
import { type Mode, runTrace } from './run-trace.ts';
import { haveSameBits, realOf, zeros } from './rounding.ts';
import type { Trace } from './trace.ts';

/** How far `eta` and `mu` may be from the reference, in ulp of float32. */
interface ScheduleBounds {
  readonly eta: number;
  readonly mu: number;
}

const exactBounds: ScheduleBounds = { eta: 0, mu: 0 };

/** For capturable groups and tensors as `lr`: bounds if the device computes the schedule (SPEC.md, Capturable). */
export function scheduleBounds({ capabilities }: Backend): ScheduleBounds {
  return capabilities.hostVisible ? exactBounds : { eta: 4, mu: 1 };
}

/**
 * Trains as a trace says and compares every step with the reference. Each step is judged from the bits seen before
 * it, so that the schedule's bounds and the backend's latitude never add up over the steps.
 * @throws MismatchError
 */
export async function trainExactly(
  trace: Trace,
  { backend, recordUlp }: Context,
  mode: Mode = {},
): Promise<void> {
  const groups = trace.groups.map(({ options }): UpdateOptions => ({ ...defaultOptions, ...options }));
  const groupOf = new Map(
    trace.groups.flatMap(({ parameters }, index) => parameters.map((parameter) => [parameter, index])),
  );
  const bounds = mode.capturable || mode.lrTensors ? scheduleBounds(backend) : exactBounds;
  let before: readonly Observed[] | undefined;
  let stepNumber = 0;
  for await (const after of runTrace(trace, backend, mode)) {
    const step = trace.steps[stepNumber - 1];
    step?.options?.forEach((edits, index) => Object.assign(groups[index] ?? {}, edits));
    for (const [index, { dtype, initial }] of trace.parameters.entries()) {
      const [previous, current] = [before?.[index], after[index]];
      const options = groups[groupOf.get(index) ?? -1];
      if (!current || !options) continue;
      const what = `parameter ${index} after step ${stepNumber}`;
      const gradient = step?.gradients[index] ?? null;
      if (!previous) checkUntouched(what, { values: initial, state: null }, current, recordUlp);
      else if (!gradient) checkUntouched(what, previous, current, recordUlp);
      else {
        const schedule = previous.state ?? firstSchedule(options);
        checkSchedule(what, current.state, nextSchedule(schedule, options), bounds);
        const one = { dtype: realOf(dtype), before: previous, gradient, options };
        checkUpdate(stepNumber, what, one, current, backend.capabilities, recordUlp);
      }
    }
    before = after;
    stepNumber++;
  }
}

/** What one step does to one parameter. */
interface Update {
  readonly dtype: RealDType;
  readonly before: Observed;
  readonly gradient: RealArray;
  readonly options: UpdateOptions;
}

/** The update starts from the schedule that was seen before it. */
function checkUpdate(
  step: number,
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
    // Before the first update there is no average yet. None is needed, since mu is 1.
    average: before.state?.ax[index] ?? 0,
  });
  const expected = updateAll(before, gradient, scalars);

  const parameters = (index: number): readonly number[] =>
    permittedParameters(elementBefore(index).parameter, gradient[index] ?? Number.NaN, scalars, latitude);
  const rightParameters = amongPermitted(expected.parameters, parameters);
  const averages = (index: number): readonly number[] =>
    permittedAverages(after.values[index] ?? Number.NaN, elementBefore(index).average, scalars, latitude);
  const average = after.state?.ax ?? zeros(dtype, 0);
  const rightAverages = amongPermitted(expected.averages, averages);
  try {
    compare(what, after.values, rightParameters, recordUlp);
    compare(`the average of ${what}`, average, rightAverages, recordUlp);
  } catch (error) {
    const isComparable = after.values.length === gradient.length && average.length === gradient.length;
    if (!(error instanceof MismatchError) || !isComparable) throw error;
    const { values, state } = before;
    const observationAt = (index: number): Observation => {
      const parameterBefore = values[index] as number;
      const result = { parameter: after.values[index] as number, average: average[index] as number };
      return {
        // Until averaging begins the average is the parameter.
        before: { parameter: parameterBefore, average: state?.ax[index] ?? parameterBefore },
        gradient: gradient[index] as number,
        after: result,
        isRight:
          rightParameters.accepts(index, result.parameter) && rightAverages.accepts(index, result.average),
      };
    };
    const diagnosis = diagnose({
      step,
      scalars,
      observations: { length: gradient.length, at: observationAt },
      expected: (index) => ({
        parameter: expected.parameters[index] as number,
        average: expected.averages[index] as number,
      }),
    });
    throw new MismatchError(error.message, diagnosis);
  }
}

/** Large traces repeat their numbers after this many: what an update made of them needs no second computation. */
export const period = 10_007;

function updateAll(
  { values, state }: Observed,
  gradient: RealArray,
  scalars: Scalars,
): { parameters: RealArray; averages: RealArray } {
  const { length } = gradient;
  const parameters = zeros(scalars.dtype, length);
  const averages = zeros(scalars.dtype, length);
  const inputs = [values, gradient, ...(state ? [state.ax] : [])];
  for (let start = 0; start < length; start += period) {
    const end = Math.min(start + period, length);
    if (start > 0 && inputs.every((input) => repeats(input, start, end))) {
      for (const results of [parameters, averages]) results.copyWithin(start, start - period, end - period);
      continue;
    }
    for (let index = start; index < end; index++) {
      const before = { parameter: values[index] ?? Number.NaN, average: state?.ax[index] ?? 0 };
      const { parameter, average } = update(before, gradient[index] ?? Number.NaN, scalars);
      parameters[index] = parameter;
      averages[index] = average;
    }
  }
  return { parameters, averages };
}

/** Whether the numbers from `start` to `end` are those a period before. */
function repeats(values: RealArray, start: number, end: number): boolean {
  return haveSameBits(values.subarray(start, end), values.subarray(start - period, end - period));
}

/** The reference's results, or others that the latitude permits, computed only where a result differs. */
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
    if (after.state !== null) throw new MismatchError(`${what} has state, although it never had a gradient.`);
    return;
  }
  const state = checkSchedule(`${what}, which had no gradient,`, after.state, before.state);
  compare(`the average of ${what}, which had no gradient,`, state.ax, exactly(before.state.ax), recordUlp);
}

/**
 * Where the expected `mu` is 1, it must be 1: the average is a copy then, and a blend would be wrong, however close.
 * @throws MismatchError
 */
export function checkSchedule<Actual extends Schedule>(
  what: string,
  actual: Actual | null,
  expected: Schedule,
  bounds: ScheduleBounds = exactBounds,
): Actual {
  countAssertion();
  const describe = ({ step, eta, mu }: Schedule): string => `step ${step}, eta ${eta}, mu ${mu}`;
  const muBound = expected.mu === 1 ? 0 : bounds.mu;
  const wanted =
    bounds.eta === 0 && muBound === 0
      ? describe(expected)
      : `${describe(expected)}, within ${bounds.eta} ulp of float32 in eta and ${muBound} in mu`;
  if (actual === null) throw new MismatchError(`${what}: expected ${wanted}, but it has no state.`);
  const holds =
    actual.step === expected.step &&
    isNear(actual.eta, expected.eta, bounds.eta) &&
    isNear(actual.mu, expected.mu, muBound);
  if (!holds) throw new MismatchError(`${what}: expected ${wanted}, got ${describe(actual)}.`);
  return actual;
}

function isNear(actual: number, expected: number, ulp: number): boolean {
  if (Object.is(actual, expected)) return true;
  return ulp > 0 && Math.fround(actual) === actual && ulpDistance('float32', actual, expected) <= ulp;
}
