import type { Case } from '../../case.ts';
import { expectBits } from '../expect.ts';
import { property } from './property.ts';
import { expectSameOutcome, train, Training } from './training.ts';

const spec = 'Averaging';

/** With t0 ≥ −1, update s blends with mu = 1 / max(1, s − 1 − t0): the average is the parameter while s ≤ t0 + 2. */
const beforeBlending = property('average-before-blending', spec, async (backend, plan) => {
  const { t0 = 0 } = plan.options;
  const training = new Training(backend, plan);
  const updates = plan.tensors.map(() => 0);
  try {
    for (let step = 0; step < plan.steps; step++) {
      training.advance(step, step + 1);
      const outcome = await training.outcome();
      outcome.forEach(({ parameter, average }, index) => {
        const made = (updates[index] ?? 0) + (plan.tensors[index]?.gradients[step] ? 1 : 0);
        updates[index] = made;
        if (made > t0 + 2) return;
        expectBits(
          average,
          parameter,
          `The average of parameter ${index} after ${made} updates with t0 ${t0}`,
        );
      });
    }
  } finally {
    training.dispose();
  }
});

/** Swapping shows the averages, swapping again restores every bit, and training is not affected. */
const swap = property('swap', 'Swapping averages', async (backend, plan, choice) => {
  const cut = choice % (plan.steps + 1);
  const uninterrupted = await train(backend, plan);
  const training = new Training(backend, plan);
  try {
    training.advance(0, cut);
    const before = await training.outcome();
    training.optimizer.swapAverages();
    for (const [index, parameter] of training.parameters.entries()) {
      const average = before[index]?.average;
      if (!average) continue;
      expectBits(await parameter.read(), average, `Parameter ${index}, swapped for its average,`);
    }
    training.optimizer.swapAverages();
    expectSameOutcome(await training.outcome(), before, 'differs after two swaps');
    training.advance(cut);
    expectSameOutcome(await training.outcome(), uninterrupted, 'differs at the end of a run with two swaps');
  } finally {
    training.dispose();
  }
});

export const averages: readonly Case[] = [...beforeBlending, ...swap];
