import type { Case } from '../case.ts';
import { covariance } from './mathematics/covariance.ts';
import { windows } from './mathematics/window.ts';

/** What averaging achieves, and which iterates it averages. */
export const mathematics: readonly Case[] = [...windows, ...covariance];
