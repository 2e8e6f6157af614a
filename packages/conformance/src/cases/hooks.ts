import type { Case } from '../case.ts';
import { failingHooks } from './hooks/failures.ts';
import { stateDictHooks } from './hooks/state-dict.ts';
import { stepHooks } from './hooks/step.ts';

/** The user's functions that run before and after steps, saving and loading. */
export const hooks: readonly Case[] = [...stepHooks, ...stateDictHooks, ...failingHooks];
