import type { Case } from '../case.ts';
import { failingHooks } from './hooks/failures.ts';
import { stateDictHooks } from './hooks/state-dict.ts';
import { stepHooks } from './hooks/step.ts';

/** User functions that run around steps, saving and loading. */
export const hooks: readonly Case[] = [...stepHooks, ...stateDictHooks, ...failingHooks];
