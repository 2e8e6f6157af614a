import type { Case } from '../case.ts';
import { averages } from './lifecycle/averages.ts';
import { checkpoints } from './lifecycle/checkpoints.ts';
import { closures } from './lifecycle/closures.ts';
import { tensors } from './lifecycle/tensors.ts';
import { updates } from './lifecycle/updates.ts';

/** How tensors and optimizers behave from their making to their end. */
export const lifecycle: readonly Case[] = [...tensors, ...updates, ...closures, ...averages, ...checkpoints];
