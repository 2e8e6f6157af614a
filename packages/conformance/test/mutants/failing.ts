import {
  type Backend,
  defineBackend,
  DeviceLostError,
  type HostScalars,
  OutOfMemoryError,
  type StepBatch,
} from '@asgd/core';
import { SmallKernels } from './kernels.ts';
import type { Range } from './memory.ts';

/** An honest backend that can be made to fail at a chosen moment, and to stop failing. */
export class FailingKernels extends SmallKernels {
  /** How many more allocations succeed. */
  room: number = Infinity;
  /** How many more launches succeed. */
  launches: number = Infinity;
  /** Storages that were allocated and not freed. */
  live: number = 0;

  override allocate(dtype: Range['dtype'], length: number): Range {
    if (this.room === 0) throw new OutOfMemoryError('The test allows no more allocations.');
    this.room--;
    this.live++;
    return super.allocate(dtype, length);
  }

  override free(range: Range): void {
    this.live--;
    super.free(range);
  }

  override step(batch: StepBatch<Range>, scalars: HostScalars): void {
    if (this.launches === 0) throw new DeviceLostError('The test allows no more launches.');
    this.launches--;
    super.step(batch, scalars);
  }
}

export function failingBackend(): { readonly kernels: FailingKernels; readonly backend: Backend } {
  const kernels = new FailingKernels();
  return { kernels, backend: defineBackend(kernels) };
}
