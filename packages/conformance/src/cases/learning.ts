import type { Case } from '../case.ts';
import { directions } from './learning/direction.ts';
import { rosenbrock } from './learning/rosenbrock.ts';

/** Small models whose gradients depend on the current parameters. */
export const learning: readonly Case[] = [...directions, ...rosenbrock];
