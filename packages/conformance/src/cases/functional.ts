import type { Case } from '../case.ts';
import { functionalUpdates } from './functional/updates.ts';

/** `asgd(...)`: one update without an optimizer. */
export const functional: readonly Case[] = functionalUpdates;
