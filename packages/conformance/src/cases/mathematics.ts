import type { Case } from '../case.ts';
import { covariance } from './mathematics/covariance.ts';
import { windows } from './mathematics/window.ts';

/** What averaging is for, and what it is an average of. */
export const mathematics: readonly Case[] = [...windows, ...covariance];
