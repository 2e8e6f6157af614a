import { kernelsOf } from './backend.ts';
import type { ParamGroup } from './groups.ts';
import type { HostUpdate } from './host-update.ts';
import { allocateLike } from './launch.ts';
import type { Scalars, StepSize } from './schedule.ts';
import { type Parameter, storageOf, type Tensor } from './tensor.ts';
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
  { tensor: parameter, gradient, counters, state, scalars }: HostUpdate,
  { lambd, weightDecay, maximize }: ParamGroup,
  groupIndex: number,
  recorded: RecordedUpdate[],
): Claim {
  const kernels = kernelsOf(parameter.backend);
  const before = copyOf(parameter);
  let gradientCopy: unknown;
  try {
    gradientCopy = copyOf(gradient);
  } catch (error) {
    kernels.free(before);
    throw error;
  }
  const update: RecordedUpdate = {
    parameter,
    groupIndex,
    group: { lambd, weightDecay, maximize },
    scalars,
    step: counters.step,
    origin: state.origin,
    before,
    gradient: gradientCopy,
  };
  return { keep: () => recorded.push(update), free: () => freeUpdate(update) };
}

function copyOf(tensor: Tensor): unknown {
  const storage = allocateLike(tensor);
  kernelsOf(tensor.backend).copy(storageOf(tensor), storage);
  return storage;
}

export function freeUpdate({ parameter: { backend }, before, gradient }: RecordedUpdate): void {
  if (backend.closed) return;
  kernelsOf(backend).free(before);
  kernelsOf(backend).free(gradient);
}
