import { kernelsOf, storagesOf } from './backend.ts';
import type { ParamGroup } from './groups.ts';
import type { HostUpdate } from './host-update.ts';
import { allocateLike } from './launch.ts';
import type { Scalars, StepSize } from './schedule.ts';
import type { Parameter } from './tensor.ts';
import type { Claim } from './update.ts';

/** One update of a differentiable group, as `backward` needs it. */
export interface RecordedUpdate {
  readonly parameter: Parameter;
  readonly groupIndex: number;
  readonly group: Pick<ParamGroup, 'lambd' | 'weightDecay' | 'maximize'>;
  readonly scalars: Scalars;
  /** Updates made when `eta` was computed, and what it was computed from; `null`: a state dictionary had it. */
  readonly step: number;
  readonly origin: StepSize | null;
  /** Storages with copies of the parameter and of its gradient before the update. */
  readonly before: unknown;
  readonly gradient: unknown;
}

export type RecordedStep = readonly RecordedUpdate[];

/** Copies what an update starts from. It joins `recorded` when the update is committed. */
export function recordUpdate(
  { tensor: parameter, item, state, advance: { counters, scalars } }: HostUpdate,
  { lambd, weightDecay, maximize }: ParamGroup,
  groupIndex: number,
  recorded: RecordedUpdate[],
): Claim {
  const group = { lambd, weightDecay, maximize };
  // Reachable from the update, and from nothing else: it stands for it before it is made.
  const owner = group;
  const before = copyOf(parameter, item.parameter, owner);
  let gradientCopy: unknown;
  try {
    gradientCopy = copyOf(parameter, item.gradient, owner);
  } catch (error) {
    storagesOf(parameter.backend).free(before);
    throw error;
  }
  const update: RecordedUpdate = {
    parameter,
    groupIndex,
    group,
    scalars,
    step: counters.step,
    origin: state.origin,
    before,
    gradient: gradientCopy,
  };
  return { keep: () => recorded.push(update), free: () => freeUpdate(update) };
}

function copyOf(parameter: Parameter, storage: unknown, owner: object): unknown {
  const copy = allocateLike(parameter, owner);
  kernelsOf(parameter.backend).copy(storage, copy);
  return copy;
}

export function freeUpdate({ parameter: { backend }, before, gradient }: RecordedUpdate): void {
  const storages = storagesOf(backend);
  storages.free(before);
  storages.free(gradient);
}
