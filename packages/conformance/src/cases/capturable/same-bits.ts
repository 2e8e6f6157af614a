import type { Case } from '../../case.ts';
import { property } from '../properties/property.ts';
import { expectSameOutcome, train, Training } from '../properties/training.ts';

/** Where the host sees the memory, a replay gives the same bits as a step. */
export const sameBits: readonly Case[] = property(
  'capture',
  'Capturable',
  async (backend, plan) => {
    const training = new Training(backend, { ...plan, options: { ...plan.options, capturable: true } });
    try {
      for (let step = 0; step < plan.steps; step++) {
        training.setGradients(step);
        training.optimizer.capture().replay();
      }
      expectSameOutcome(await training.outcome(), await train(backend, plan), 'differs when replayed');
    } finally {
      training.dispose();
    }
  },
  undefined,
  { hostVisible: true },
);
