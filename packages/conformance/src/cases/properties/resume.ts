import type { Backend, Options, StateDict } from '@asgd/core';
import type { Case } from '../../case.ts';
import { property } from './property.ts';
import type { Plan } from './scenario.ts';
import { expectSameOutcome, train, Training } from './training.ts';

const spec = 'State dictionary';

/** All options come from the state dictionary, so these must have no effect. */
const overruled: Partial<Options> = { lr: 7, lambd: 0.25, alpha: 3, t0: -1, weightDecay: 2, maximize: true };

/** How a dictionary is kept. */
const copies: Readonly<Record<string, (dict: StateDict) => StateDict>> = {
  resume: (dict) => structuredClone(dict),
  'resume-from-json': (dict) => JSON.parse(JSON.stringify(dict)) as StateDict,
};

/** Saved after any number of updates, before, at or after the start of averaging, training resumes without a trace. */
const resumed = Object.entries(copies).flatMap(([name, copy]) =>
  property(name, spec, async (backend, plan, choice) => {
    const cut = choice % (plan.steps + 1);
    const uninterrupted = await train(backend, plan);
    const saved = new Training(backend, plan);
    try {
      saved.advance(0, cut);
      const loaded = await resume(backend, saved, copy);
      try {
        loaded.advance(cut);
        expectSameOutcome(await loaded.outcome(), uninterrupted, `differs when resumed after ${cut} updates`);
      } finally {
        loaded.dispose();
      }
      saved.advance(cut);
      expectSameOutcome(await saved.outcome(), uninterrupted, `differs when saved after ${cut} updates`);
    } finally {
      saved.dispose();
    }
  }),
);

/** A new training that continues from `saved`, through its state dictionary. */
async function resume(
  backend: Backend,
  saved: Training,
  copy: (dict: StateDict) => StateDict,
): Promise<Training> {
  const dict = copy(await saved.optimizer.stateDict());
  const values = await Promise.all(saved.parameters.map((parameter) => parameter.read()));
  const tensors = saved.plan.tensors.map((tensor, index) => ({
    ...tensor,
    values: values[index] ?? tensor.values,
  }));
  const plan: Plan = { ...saved.plan, tensors, options: overruled };
  const training = new Training(backend, plan);
  training.optimizer.loadStateDict(dict);
  return training;
}

export const resuming: readonly Case[] = resumed;
