import type { TrainingCase } from '../training-case.ts';
import { batches } from './arithmetic/batches.ts';
import { lengths } from './arithmetic/lengths.ts';
import { magnitudeCases } from './arithmetic/magnitudes.ts';
import { scheduleCases } from './arithmetic/schedules.ts';

/** Training on random numbers; every step is compared with the reference, bit for bit. */
export const arithmetic: readonly TrainingCase[] = [
  ...lengths,
  ...magnitudeCases,
  ...batches,
  ...scheduleCases,
];
