import type { Case } from '../case.ts';
import { averages } from './properties/averages.ts';
import { launch } from './properties/launch.ts';
import { memory } from './properties/memory.ts';
import { resuming } from './properties/resume.ts';

/** Properties of every training run, checked on scenarios that fast-check generates. */
export const properties: readonly Case[] = [...launch, ...resuming, ...averages, ...memory];
