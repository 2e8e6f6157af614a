import type { Case } from '../case.ts';
import { differentiatingErrors } from './differentiating/errors.ts';
import { differentiatingGroups } from './differentiating/groups.ts';
import { sameBits } from './differentiating/same-bits.ts';
import { tape } from './differentiating/tape.ts';
import { through } from './differentiating/through.ts';

/**
 * What a step records, and what happens to the record. The cases in `vectors/` check that the derivatives are right.
 */
export const differentiating: readonly Case[] = [
  ...sameBits,
  ...tape,
  ...through,
  ...differentiatingGroups,
  ...differentiatingErrors,
];
