import type { ParamGroup } from './groups.ts';
import type { Averaging, HostScalars } from './kernels.ts';
import type { StepSize } from './schedule.ts';
import { freeLike } from './storage.ts';
import type { Parameter } from './tensor.ts';

/** One update of a differentiable group, as `backward` needs it. */
export interface RecordedUpdate {
  readonly parameter: Parameter;
  readonly groupIndex: number;
  readonly group: Pick<ParamGroup, 'lambd' | 'weightDecay' | 'maximize'>;
  readonly scalars: Pick<HostScalars, 'decay' | 'eta' | 'mu'> & { readonly averaging: Averaging };
  /** The updates made when `eta` was computed, and what it was computed from; `null` if a state dictionary had it. */
  readonly step: number;
  readonly origin: StepSize | null;
  /** Storages with copies of the parameter and of its gradient before the update. */
  readonly before: unknown;
  readonly gradient: unknown;
}

export type RecordedStep = readonly RecordedUpdate[];

export function freeUpdate({ parameter, before, gradient }: RecordedUpdate): void {
  freeLike(parameter, before);
  freeLike(parameter, gradient);
}
