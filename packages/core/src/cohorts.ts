import { groupAlike, type Stepper } from './alike.ts';
import { Cohort, type States } from './cohort.ts';
import type { State } from './state.ts';

/** The parameters of a group that have taken a step, grouped by which of them take the next one together. */
export interface Cohorts {
  /** As error messages call the group. */
  readonly groupName: string;
  readonly list: Cohort[];
}

/** A parameter that will join a cohort. */
export interface Member extends Stepper {
  readonly state: State;
}

/** Makes a cohort of all members that are alike, or of each one. Their states do not refer to it yet. */
export function formCohorts(members: readonly Member[], areTogether: boolean): Cohort[] {
  return groupAlike(members, areTogether).map(([first, ...others]) => {
    const states: States = [first.state, ...others.map(({ state }) => state)];
    return new Cohort(states, first.counters, first.origin);
  });
}

/** Makes the states of a cohort refer to it. */
export function settle(cohort: Cohort): Cohort {
  for (const state of cohort.states) state.cohort = cohort;
  return cohort;
}

/** Splits a cohort into parts, each with its own counters. All or nothing. @throws OutOfMemoryError */
export function split(cohort: Cohort, parts: readonly States[]): Cohort[] {
  const made: Cohort[] = [];
  try {
    for (const part of parts) {
      const branch = new Cohort(part, cohort.counters, cohort.origin);
      made.push(branch);
      if (cohort.isOnDevice) branch.deviceCounters = cohort.copyCountersToDevice();
    }
  } catch (error) {
    made.forEach((branch) => branch.dispose());
    throw error;
  }
  cohort.dispose();
  return made.map(settle);
}
