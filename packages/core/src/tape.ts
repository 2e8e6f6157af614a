import { kernelsOf } from './backend.ts';
import type { ParamGroup } from './groups.ts';
import type { Cohort } from './cohort.ts';
import type { Averaging, HostScalars } from './kernels.ts';
import type { StepSize } from './schedule.ts';
import { allocateLike, freeLike } from './storage.ts';
import { type Parameter, storageOf, type Tensor } from './tensor.ts';

/** One update of a differentiable group, as `backward` needs it. */
export interface RecordedUpdate {
  readonly parameter: Parameter;
  readonly groupIndex: number;
  readonly group: Pick<ParamGroup, 'lambd' | 'weightDecay' | 'maximize'>;
  readonly scalars: Pick<HostScalars, 'decay' | 'eta' | 'mu'> & { readonly averaging: Averaging };
  /** Updates made when `eta` was computed, and what it was computed from; `null`: a state dictionary had it. */
  readonly step: number;
  readonly origin: StepSize | null;
  /** Storages with copies of the parameter and of its gradient before the update. */
  readonly before: unknown;
  readonly gradient: unknown;
}

export type RecordedStep = readonly RecordedUpdate[];

/** Copies what the updates of a cohort start from. All of it or nothing. @throws OutOfMemoryError */
export function recordUpdates(
  { states, counters, origin, next }: Cohort,
  { lambd, weightDecay, maximize }: ParamGroup,
  groupIndex: number,
  averaging: Averaging,
  gradientOf: (parameter: Parameter) => Tensor | null,
): RecordedUpdate[] {
  const group = { lambd, weightDecay, maximize };
  const { decay, eta, mu } = next.hostScalars;
  const scalars = { decay, eta, mu, averaging };
  const copies: [Parameter, unknown][] = [];
  const copy = (parameter: Parameter, tensor: Tensor): unknown => {
    const storage = allocateLike(parameter);
    copies.push([parameter, storage]);
    kernelsOf(parameter.backend).copy(storageOf(tensor), storage);
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

export function freeUpdate({ parameter, before, gradient }: RecordedUpdate): void {
  freeLike(parameter, before);
  freeLike(parameter, gradient);
}
