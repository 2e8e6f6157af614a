import type { Average } from './average.ts';
import { DeviceUpdate } from './device-update.ts';
import { checkNotUpdated } from './gradient-order.ts';
import type { ParamGroup } from './groups.ts';
import { type Advance, advanceOf, HostUpdate } from './host-update.ts';
import { batchesOf, launch } from './launch.ts';
import { checkOnDevice, isOnDevice, learningRate } from './learning-rate.ts';
import { checkOptions } from './options.ts';
import { firstCounters, type Schedule } from './schedule.ts';
import { State } from './state.ts';
import { type RecordedStep, type RecordedUpdate, recordUpdate } from './tape.ts';
import type { Parameter, Tensor } from './tensor.ts';
import type { Claim, Update } from './update.ts';

/** An optimizer's memory: every parameter has an average, and a state from its first step on. */
export interface Memories {
  readonly averages: ReadonlyMap<Parameter, Average>;
  readonly states: Map<Parameter, State>;
  /** The steps of differentiable groups. */
  readonly tape: RecordedStep[];
}

/** Where a step finds a parameter's gradient. */
export type GradientOf = (parameter: Parameter) => Tensor | null;

/** What one launch does, and the updates that are made when it has. */
interface Batch {
  readonly updates: readonly Update[];
  launch(): void;
}

/**
 * One step over all groups: everything that can fail for a reason of the caller's, or for want of memory, comes
 * before the first launch.
 */
export function stepGroups(groups: readonly ParamGroup[], memories: Memories, gradientOf: GradientOf): void {
  groups.forEach((group, index) => checkOptions(group, nameOf(index)));
  const recorded: RecordedUpdate[] = [];
  const begun: Update[] = [];
  // Array methods rather than loops: an engine may make an object for each turn of `for (… of …)`.
  try {
    const batches = groups.flatMap((group, index) =>
      planGroup(group, index, memories, gradientOf, recorded, begun),
    );
    for (const { launch: launchBatch, updates } of batches) {
      launchBatch();
      updates.forEach((update) => update.commit());
    }
  } catch (error) {
    begun.forEach((update) => update.abandon());
    throw error;
  } finally {
    if (recorded.length > 0) memories.tape.push(recorded);
  }
}

/** Reserves what the updates of a group need. Each joins `begun` before it can fail. */
function planGroup(
  group: ParamGroup,
  index: number,
  memories: Memories,
  gradientOf: GradientOf,
  recorded: RecordedUpdate[],
  begun: Update[],
): Batch[] {
  const lr = learningRate(group, nameOf(index));
  const { lambd, alpha, t0, differentiable, foreach } = group;
  // A learning rate that only a device sees is not computed with.
  const schedule: Schedule = { lr: typeof lr === 'number' ? lr : NaN, lambd, alpha, t0 };
  const record = differentiable
    ? (update: HostUpdate): Claim => recordUpdate(update, group, index, recorded)
    : undefined;
  const fromHost: HostUpdate[] = [];
  const onDevice: DeviceUpdate[] = [];
  let last: Advance | undefined;
  group.params.forEach((parameter) => {
    const gradient = gradientOf(parameter);
    if (gradient === null) return;
    checkNotUpdated(gradient, parameter, memories.averages, gradientOf);
    const known = memories.states.get(parameter);
    const state = known ?? makeState(parameter, memories, schedule);
    let update: HostUpdate | DeviceUpdate;
    if (isOnDevice(parameter, state, lr, group)) {
      checkOnDevice(parameter, lr, group, nameOf(index));
      update = new DeviceUpdate(parameter, state);
      onDevice.push(update);
      begun.push(update);
      update.prepare(gradient);
    } else {
      last = advanceOf(state, parameter, schedule, last);
      update = state.update ??= new HostUpdate(parameter, state, last);
      fromHost.push(update);
      begun.push(update);
      update.prepare(gradient, last, record);
    }
    if (!known) claimState(update, memories);
  });
  return [
    ...batchesOf(fromHost, foreach).map((updates) => ({ updates, launch: () => launch(updates, group) })),
    ...batchesOf(onDevice, foreach).map((updates) => ({
      updates,
      launch: () => DeviceUpdate.launch(updates, lr, group),
    })),
  ];
}

/** A state is remembered from the first update that succeeds. */
function claimState(update: Update, { states }: Memories): void {
  const { tensor, state } = update;
  update.claim({ keep: () => states.set(tensor, state), free() {} });
}

function makeState(parameter: Parameter, { averages }: Memories, schedule: Schedule): State {
  const average = averages.get(parameter);
  if (!average) throw new Error(`${parameter} has no average`); // every parameter of a group has one
  return new State(parameter, average, firstCounters(schedule), schedule);
}

function nameOf(index: number): string {
  return `parameter group ${index}`;
}
