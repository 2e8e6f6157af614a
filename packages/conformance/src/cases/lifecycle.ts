import type { Case } from '../case.ts';
import { averages } from './lifecycle/averages.ts';
import { checkpoints } from './lifecycle/checkpoints.ts';
import { closures } from './lifecycle/closures.ts';
import { groups } from './lifecycle/groups.ts';
import { memory } from './lifecycle/memory.ts';
import { queues } from './lifecycle/queues.ts';
import { schedulers } from './lifecycle/schedulers.ts';
import { tensors } from './lifecycle/tensors.ts';
import { transfers } from './lifecycle/transfers.ts';
import { updates } from './lifecycle/updates.ts';

/** How tensors and optimizers behave, from creation to disposal. */
export const lifecycle: readonly Case[] = [
  ...tensors,
  ...updates,
  ...queues,
  ...groups,
  ...schedulers,
  ...closures,
  ...averages,
  ...checkpoints,
  ...transfers,
  ...memory,
];
