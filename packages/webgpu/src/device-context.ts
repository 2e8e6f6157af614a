import type { Faults } from './faults.ts';
import type { Pipelines } from './pipelines.ts';
import type { Rounding } from './probe.ts';

/** A device, and what is known of it and compiled on it: what all that works on it shares. */
export interface DeviceContext {
  readonly device: GPUDevice;
  readonly faults: Faults;
  readonly pipelines: Pipelines;
  readonly rounding: Rounding;
  /** The most that is bound of a buffer; a multiple of 256 bytes. */
  readonly windowSize: number;
}
