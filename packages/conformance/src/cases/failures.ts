import type { Case } from '../case.ts';
import { severalLaunches } from './failures/launches.ts';
import { loss } from './failures/loss.ts';
import { fullMemory } from './failures/memory.ts';
import { operations } from './failures/operations.ts';
import { unknownValues } from './failures/unknown.ts';

/** What a backend does when something goes wrong that is nobody's mistake. A subject has to make it go wrong. */
export const failures: readonly Case[] = [
  ...operations,
  ...unknownValues,
  ...severalLaunches,
  ...fullMemory,
  ...loss,
];
