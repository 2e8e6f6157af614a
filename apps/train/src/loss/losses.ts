import { hinge } from './hinge.ts';
import { log } from './log.ts';
import type { Loss, LossName } from './loss.ts';
import { softmax } from './softmax.ts';
import { squared } from './squared.ts';

/** Every loss, by the name that `--loss` takes. */
export const losses: Readonly<Record<LossName, Loss>> = { log, hinge, squared, softmax };

export const lossNames: readonly LossName[] = ['log', 'hinge', 'squared', 'softmax'];
