import type { Case } from '../case.ts';
import { differentiatingErrors } from './differentiating/errors.ts';
import { differentiatingGroups } from './differentiating/groups.ts';
import { sameBits } from './differentiating/same-bits.ts';
import { tape } from './differentiating/tape.ts';
import { through } from './differentiating/through.ts';

/**
 * What is recorded of steps, and what becomes of it. That the derivatives are right is for the cases beside the
 * reference vectors to tell.
 */
export const differentiating: readonly Case[] = [
  ...sameBits,
  ...tape,
  ...through,
  ...differentiatingGroups,
  ...differentiatingErrors,
];
