import type { Capabilities } from '@asgd/core';
import type { Faults } from './faults.ts';
import type { Pipelines } from './pipelines.ts';

/** How the kernels round on a device. */
export interface Rounding extends Pick<Capabilities, 'contraction' | 'subnormals'> {
  /** Whether the adapter fuses products with sums, so that the kernels are written to prevent it. */
  readonly isGuarded: boolean;
}

/** A device, what is known about it, and what is compiled on it. */
export interface DeviceContext {
  readonly device: GPUDevice;
  readonly faults: Faults;
  readonly pipelines: Pipelines;
  readonly rounding: Rounding;
  /** How much of a buffer can be bound at most: a multiple of 256 bytes. */
  readonly windowSize: number;
}
