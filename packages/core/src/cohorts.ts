import { groupAlike, type Stepper } from './alike.ts';
import { Cohort, type States } from './cohort.ts';
import type { State } from './state.ts';

/** The parameters of a group that have taken a step, by who takes the next one with whom. */
export interface Cohorts {
  /** As error messages call the group. */
  readonly groupName: string;
  list: Cohort[];
  /** Whether those that are alike are together, as `foreach` says. */
  areTogether: boolean;
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

/** Puts the cohorts that `members` make in the place of those of a group. */
export function replaceCohorts(cohorts: Cohorts, members: readonly Member[], areTogether: boolean): void {
  for (const cohort of cohorts.list) cohort.dispose();
  cohorts.list = formCohorts(members, areTogether).map(settle);
  cohorts.areTogether = areTogether;
}

/** Makes the cohorts of a group follow its `foreach`. No number depends on it. @throws OutOfMemoryError */
export function arrange(cohorts: Cohorts, areTogether: boolean): void {
  if (cohorts.areTogether === areTogether) return;
  // Counters on a device cannot be compared: such cohorts only come apart.
  for (const cohort of areTogether ? [] : cohorts.list.filter(({ isOnDevice }) => isOnDevice)) {
    const parts = split(cohort, cohort.states.map(alone));
    cohorts.list.splice(cohorts.list.indexOf(cohort), 1, ...parts);
  }
  const onDevice = cohorts.list.filter(({ isOnDevice }) => isOnDevice);
  cohorts.list = cohorts.list.filter(({ isOnDevice }) => !isOnDevice);
  const members = cohorts.list.flatMap(({ states, counters, origin }) =>
    states.map((state) => ({ state, tensor: state.parameter, counters, origin })),
  );
  replaceCohorts(cohorts, members, areTogether);
  cohorts.list.push(...onDevice);
}

function alone(state: State): States {
  return [state];
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
