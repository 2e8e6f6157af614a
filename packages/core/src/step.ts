import type { Cohort, Preparation } from './cohort.ts';
import { type Cohorts, settle } from './cohorts.ts';
import type { ParamGroup } from './groups.ts';
import type { Memory } from './memory.ts';
import { checkOptions } from './options.ts';
import { freeAverages, type GradientOf, planGroup } from './plan.ts';
import { freeUpdate, type RecordedUpdate } from './tape.ts';

/** A step captured by `capture()`. */
export interface CapturedStep {
  /** Takes the step again. @throws as `step()` */
  replay(): void;
}

// A training loop takes thousands of steps a second, over hundreds of tensors. So a step that is like the one before it
// creates no objects: it writes its numbers into its cohorts, and its loops count indices.

/**
 * One step over all groups: planned, launched, committed. Everything that can fail because of the caller, or for lack
 * of memory, comes before the first launch. If a launch fails, those before it have been committed.
 */
export function takeStep(groups: readonly ParamGroup[], memory: Memory, gradientOf: GradientOf): void {
  const { cohorts, launches } = memory;
  let done = 0;
  try {
    for (let at = 0; at < groups.length; at++) {
      checkOptions(groups[at] as ParamGroup, (cohorts[at] as Cohorts).groupName);
    }
    for (let at = 0; at < groups.length; at++) planGroup(groups[at] as ParamGroup, at, memory, gradientOf);
    for (; done < launches.length; done++) {
      launch(launches[done] as Cohort);
      commit(launches[done] as Cohort, memory);
    }
  } finally {
    for (let at = done; at < launches.length; at++) abandon(launches[at] as Cohort);
    keepRecords(memory);
    launches.length = 0;
  }
}

function launch({ kernels, prepared, next }: Cohort): void {
  const { plan } = next.prepared ?? prepared ?? {};
  if (plan) kernels.step(plan.ofKernels, next.scalars);
}

/** Updates the cohort after its launch. */
function commit(cohort: Cohort, { stepped }: Memory): void {
  const { states, counters, next } = cohort;
  if (next.prepared) adopt(cohort, next.prepared);
  if (next.deviceCounters !== null) cohort.deviceCounters = next.deviceCounters;
  next.prepared = null;
  next.deviceCounters = null;
  counters.step = next.counters.step;
  counters.eta = next.counters.eta;
  counters.mu = next.counters.mu;
  cohort.origin = next.origin;
  if (!next.joins) return;
  next.joins.push(settle(cohort));
  next.joins = null;
  for (const state of states) stepped.set(state.parameter, state);
}

function adopt(cohort: Cohort, prepared: Preparation): void {
  cohort.forgetPlan();
  cohort.prepared = prepared;
  cohort.states.forEach((state, at) => {
    // An average that is the parameter again, because t0 was raised, needs no storage.
    if (prepared.averaging === 'none') state.adoptAverage(null);
    else if (prepared.averages[at] !== null) state.adoptAverage(prepared.averages[at]);
  });
}

/** Frees what was reserved for a launch that did not happen. */
function abandon(cohort: Cohort): void {
  const { states, next } = cohort;
  cohort.release(next.prepared);
  if (next.prepared) freeAverages(states, next.prepared.averages);
  cohort.freeCounters(next.deviceCounters);
  next.recorded.forEach(freeUpdate);
  next.prepared = null;
  next.deviceCounters = null;
  next.recorded = none;
}

/** Keeps the records of what was launched, which is only a part if the step failed halfway. */
function keepRecords({ launches, tape }: Memory): void {
  let recorded: RecordedUpdate[] | undefined;
  for (let at = 0; at < launches.length; at++) {
    const { next } = launches[at] as Cohort;
    if (next.recorded.length === 0) continue;
    (recorded ??= []).push(...next.recorded);
    next.recorded = none;
  }
  if (recorded) tape.push(recorded);
}

const none: readonly RecordedUpdate[] = [];
