import type { Case } from '../case.ts';
import { capturableErrors } from './capturable/errors.ts';
import { recording } from './capturable/recording.ts';
import { sameBits } from './capturable/same-bits.ts';
import { capturableState } from './capturable/state.ts';
import { capturableTraining } from './capturable/training.ts';

/** Steps that a device can take without the host, and captured steps. */
export const capturable: readonly Case[] = [
  ...capturableTraining,
  ...sameBits,
  ...recording,
  ...capturableState,
  ...capturableErrors,
];
