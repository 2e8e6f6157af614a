import type { Case } from '../case.ts';
import { averages } from './properties/averages.ts';
import { launch } from './properties/launch.ts';
import { memory } from './properties/memory.ts';
import { resuming } from './properties/resume.ts';

/** What holds of every training, whatever its numbers: tried on scenarios that fast-check makes up. */
export const properties: readonly Case[] = [...launch, ...resuming, ...averages, ...memory];
