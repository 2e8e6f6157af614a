import type { Capabilities } from '@asgd/core';
import type { Faults } from './faults.ts';
import type { Pipelines } from './pipelines.ts';

/** How the kernels round on a device. */
export interface Rounding extends Pick<Capabilities, 'contraction' | 'subnormals'> {
  /** Whether products must be kept from being fused, and the kernels are written so. */
  readonly isGuarded: boolean;
}

/** A device, and what is known of it and compiled on it: what all that works on it shares. */
export interface DeviceContext {
  readonly device: GPUDevice;
  readonly faults: Faults;
  readonly pipelines: Pipelines;
  readonly rounding: Rounding;
  /** The most that is bound of a buffer; a multiple of 256 bytes. */
  readonly windowSize: number;
}
