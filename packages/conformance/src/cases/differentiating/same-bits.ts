import type { Case } from '../../case.ts';
import { property } from '../properties/property.ts';
import { expectSameOutcome, train } from '../properties/training.ts';

/** Recording a step changes no bit of its result. */
export const sameBits: readonly Case[] = property(
  'differentiating',
  'Differentiating',
  async (backend, plan) => {
    const options = { ...plan.options, foreach: undefined };
    const plain = await train(backend, { ...plan, options });
    const recorded = await train(backend, { ...plan, options: { ...options, differentiable: true } });
    expectSameOutcome(recorded, plain, 'differs when steps are recorded');
  },
);
