import { groupAlike, type Stepper } from './alike.ts';
import { Cohort, type States } from './cohort.ts';
import type { State } from './state.ts';

/** The parameters of a group that have taken a step, by who takes the next one with whom. */
export interface Cohorts {
  /** As error messages call the group. */
  readonly groupName: string;
  readonly list: Cohort[];
}

/** A parameter that is to be in a cohort. */
export interface Member extends Stepper {
  readonly state: State;
}

/** The cohorts that members make: of those that are alike, or each of its own. They are not the states' yet. */
export function formCohorts(members: readonly Member[], areTogether: boolean): Cohort[] {
  return groupAlike(members, areTogether).map(([first, ...others]) => {
    const states: States = [first.state, ...others.map(({ state }) => state)];
    return new Cohort(states, first.counters, first.origin);
  });
}

/** Makes a cohort its states'. */
export function settle(cohort: Cohort): Cohort {
  for (const state of cohort.states) state.cohort = cohort;
  return cohort;
}

/** Makes cohorts of the parts of one, each with counters of its own. All of it or nothing. @throws OutOfMemoryError */
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
