import type { Case } from '../case.ts';
import { functionalErrors } from './functional/errors.ts';
import { functionalUpdates } from './functional/updates.ts';

/** `asgd(...)`: one update without an optimizer. */
export const functional: readonly Case[] = [...functionalUpdates, ...functionalErrors];
