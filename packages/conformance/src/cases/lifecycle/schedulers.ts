import { ASGD, type Backend, type Parameter } from '@asgd/core';
import type { Case } from '../../case.ts';
import { anyDType, define } from '../define.ts';
import { expect, expectSame } from '../expect.ts';
import { expectEqual } from '../fixture.ts';
import { ReduceOnPlateau, StepDecay } from '../learning/schedulers.ts';

// Users write their own learning-rate schedulers. These set `paramGroups[i].lr`; the next step computes eta from it at
// its end, so the new lr takes effect one step late.

const spec = 'Schedule';

interface Descent {
  readonly parameter: Parameter;
  readonly optimizer: ASGD;
}

/** Without decay and with a gradient of 1, a parameter moves by exactly its step size. */
function descend(backend: Backend, lr: number): Descent {
  const dtype = anyDType(backend);
  const parameter = backend.parameter([0], { dtype });
  parameter.grad = backend.tensor([1], { dtype });
  return { parameter, optimizer: new ASGD([parameter], { lr, lambd: 0 }) };
}

async function stepSize({ parameter, optimizer }: Descent): Promise<number> {
  const [before = NaN] = await parameter.read();
  optimizer.step();
  const [after = NaN] = await parameter.read();
  return before - after;
}

/** An lr that is halved after steps 2, 4 and 6 takes effect from steps 4, 6 and 8 on. */
const decayed = define('lifecycle/schedulers/step-decay', spec, async ({ backend }) => {
  const descent = descend(backend, 1);
  const scheduler = new StepDecay(descent.optimizer, 2, 0.5);
  const taken: number[] = [];
  for (let step = 1; step <= 8; step++) {
    taken.push(await stepSize(descent));
    scheduler.step();
  }
  expectSame(taken.join(), '1,1,1,0.5,0.5,0.25,0.25,0.125', 'The step sizes');
});

/** The lag is one step, from the first step on, for each parameter: a late joiner begins with lr itself. */
const joined = define('lifecycle/schedulers/late-joiner', spec, async ({ backend }) => {
  const early = descend(backend, 1);
  const late = backend.parameter([0], { dtype: anyDType(backend) });
  early.optimizer.addParamGroup({ params: [late] });
  const scheduler = new StepDecay(early.optimizer, 1, 0.5);
  for (let step = 1; step <= 2; step++) {
    early.optimizer.step();
    scheduler.step();
  }
  late.grad = backend.tensor([1], { dtype: anyDType(backend) });
  expectSame(await stepSize(early), 0.5, 'The third step size, with an lr of 1, 1/2 and 1/4');
  expectSame((await late.read()).join(), '-0.25', 'A parameter after its first step, at an lr of 1/4');
});

const plateau = define('lifecycle/schedulers/plateau', spec, async ({ backend }) => {
  const descent = descend(backend, 1);
  const scheduler = new ReduceOnPlateau(descent.optimizer, 2, 0.25);
  const taken: number[] = [];
  for (const loss of [5, 4, 4, 4, 3, 3, 3, 3]) {
    taken.push(await stepSize(descent));
    scheduler.step(loss);
  }
  expectSame(taken.join(), '1,1,1,1,1,0.25,0.25,0.25', 'The step sizes');
  expectSame(descent.optimizer.paramGroups[0]?.lr, 1 / 16, 'lr after two plateaus');
});

/** Schedulers work together, and with averaged SGD's own decay, which depends on the current lr and the step count. */
const multiplied = define('lifecycle/schedulers/on-top-of-the-decay', spec, ({ backend }) => {
  const dtype = anyDType(backend);
  const parameter = backend.parameter([0], { dtype });
  parameter.grad = backend.tensor([1], { dtype });
  const optimizer = new ASGD([parameter], { lr: 1, lambd: 0.5 });
  const schedulers = [new StepDecay(optimizer, 2, 0.5), new StepDecay(optimizer, 3, 0.25)];
  let lr = 1;
  for (let step = 1; step <= 8; step++) {
    optimizer.step();
    const eta = Math.fround(lr / (1 + 0.5 * lr * step) ** 0.75);
    expectSame(optimizer.state.get(parameter)?.eta, eta, `eta after step ${step}, of an lr of ${lr}`);
    for (const scheduler of schedulers) scheduler.step();
    if (step % 2 === 0) lr *= 0.5;
    if (step % 3 === 0) lr *= 0.25;
  }
  expect(optimizer.paramGroups[0]?.lr === lr, 'The schedulers should both have worked on lr.');
});

/** A scheduler keeps working after a state dictionary is loaded: the groups stay, and their extra has what it needs. */
const resumed = define('lifecycle/schedulers/resumed', 'State dictionary', async ({ backend }) => {
  const whole = descend(backend, 1);
  const [first, second] = [descend(backend, 1), descend(backend, 0.125)];
  const run = async (descent: Descent, scheduler: StepDecay, steps: number): Promise<readonly number[]> => {
    const taken: number[] = [];
    for (let step = 1; step <= steps; step++) {
      taken.push(await stepSize(descent));
      scheduler.step();
    }
    return taken;
  };
  for (const group of first.optimizer.paramGroups) group.extra['initialLr'] = group.lr;
  const expected = await run(whole, new StepDecay(whole.optimizer, 2, 0.5), 8);
  const before = await run(first, new StepDecay(first.optimizer, 2, 0.5), 4);
  const scheduler = new StepDecay(second.optimizer, 2, 0.5);
  second.optimizer.loadStateDict(await first.optimizer.stateDict());
  const after = await run(second, scheduler, 4);
  expectEqual([...before, ...after], expected, 'The step sizes of two optimizers in turn:');
  expectSame(second.optimizer.paramGroups[0]?.extra['initialLr'], 1, 'initialLr, a scheduler’s own key');
});

export const schedulers: readonly Case[] = [decayed, joined, plateau, multiplied, resumed];
