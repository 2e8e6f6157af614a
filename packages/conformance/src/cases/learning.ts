import type { Case } from '../case.ts';
import { directions } from './learning/direction.ts';
import { rosenbrock } from './learning/rosenbrock.ts';

/** Small models, whose gradients depend on where the optimizer has got to. */
export const learning: readonly Case[] = [...directions, ...rosenbrock];
