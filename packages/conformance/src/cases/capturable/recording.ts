import { ASGD, type Backend, type Options, type Parameter, type Tensor } from '@asgd/core';
import type { Case } from '../../case.ts';
import { anyDType, define } from '../define.ts';
import { expectSame } from '../expect.ts';
import { expectUnchanged } from '../fixture.ts';
import { expectAbout } from './about.ts';

// What a captured step fixes when it is captured, and what it reads when it is replayed. There is no decay and the
// gradients are simple numbers, so any misreading of the rule gives a very different result.

const spec = 'Capturable';
const needs = { schedules: true } as const;

interface Recorded {
  readonly parameter: Parameter;
  readonly gradient: Tensor;
  readonly optimizer: ASGD;
}

function recordable(backend: Backend, options: Partial<Options> = {}): Recorded {
  const dtype = anyDType(backend);
  const parameter = backend.parameter([0, 0], { dtype });
  const gradient = backend.tensor([1, 2], { dtype });
  parameter.grad = gradient;
  const optimizer = new ASGD([parameter], { lr: 0.5, lambd: 0, capturable: true, ...options });
  return { parameter, gradient, optimizer };
}

/** Capturing takes no step. */
const noStep = define(
  'capturable/recording/takes-no-step',
  spec,
  async ({ backend }) => {
    const { optimizer, parameter } = recordable(backend);
    await expectUnchanged(optimizer, 'Capturing before the first step', () => optimizer.capture());
    expectSame(optimizer.state.size, 0, 'The number of states');
    optimizer.step();
    await expectUnchanged(optimizer, 'Capturing after a step', () => optimizer.capture());
    await expectAbout(parameter, [-0.5, -1], 'The parameter after one step');
  },
  needs,
);

/** A replay uses the same gradient tensor, with the values that it holds at that moment. */
const contents = define(
  'capturable/recording/gradients-are-live',
  spec,
  async ({ backend }) => {
    const { optimizer, parameter, gradient } = recordable(backend);
    const captured = optimizer.capture();
    captured.replay();
    gradient.write([-4, 4]);
    captured.replay();
    await expectAbout(
      parameter,
      [1.5, -3],
      'The parameter after a replay with new values in the gradient tensor',
    );
    const other = backend.tensor([100, 100], { dtype: parameter.dtype });
    parameter.grad = other;
    captured.replay();
    await expectAbout(parameter, [3.5, -5], 'The parameter after a replay, while its grad is another tensor');
    parameter.grad = null;
    captured.replay();
    await expectAbout(parameter, [5.5, -7], 'The parameter after a replay, while its grad is null');
    parameter.grad = other;
    optimizer.step();
    await expectAbout(parameter, [-44.5, -57], 'The parameter after a step with the other tensor');
    expectSame((await gradient.read()).join(), '-4,4', 'The gradient that was captured');
  },
  needs,
);

/** A replay uses the options from when it was captured; edits affect later steps and captures. */
const options = define(
  'capturable/recording/options-are-kept',
  spec,
  async ({ backend }) => {
    const { optimizer, parameter } = recordable(backend, { t0: 1e6 });
    const captured = optimizer.capture();
    const [group] = optimizer.paramGroups;
    if (!group) throw new Error('The optimizer has no group.');
    Object.assign(group, { lr: 8, maximize: true, capturable: false });
    captured.replay();
    captured.replay();
    await expectAbout(
      parameter,
      [-1, -2],
      'The parameter after two replays, with options edited after the capture',
    );
    group.capturable = true;
    optimizer.step();
    await expectAbout(parameter, [-0.5, -1], 'The parameter after a step up, with the eta of the replay');
    optimizer.step();
    await expectAbout(parameter, [7.5, 15], 'The parameter after a step up, with the eta of the step');
    captured.replay();
    await expectAbout(parameter, [-0.5, -1], 'The parameter after a replay, with the eta of the step');
    captured.replay();
    await expectAbout(parameter, [-1, -2], 'The parameter after another replay, with the eta of the replay');
    optimizer.capture().replay();
    await expectAbout(parameter, [-0.5, -1], 'The parameter after a replay of a later capture');
  },
  needs,
);

/** Capturing decides which parameters take part. */
const participants = define(
  'capturable/recording/participants-are-kept',
  spec,
  async ({ backend }) => {
    const { optimizer, parameter } = recordable(backend);
    const dtype = anyDType(backend);
    const [idle, joining] = [backend.parameter([0], { dtype }), backend.parameter([0], { dtype })];
    optimizer.addParamGroup({ params: [idle] });
    const captured = optimizer.capture();
    idle.grad = backend.tensor([1], { dtype });
    joining.grad = backend.tensor([1], { dtype });
    optimizer.addParamGroup({ params: [joining] });
    captured.replay();
    captured.replay();
    await expectAbout(parameter, [-1, -2], 'The parameter after two replays');
    await expectAbout(idle, [0], 'A parameter that had no gradient at the capture');
    await expectAbout(joining, [0], 'A parameter that joined later');
    expectSame(optimizer.state.size, 1, 'The number of states');
    const nothing = new ASGD([backend.parameter([3], { dtype })]).capture();
    nothing.replay();
    optimizer.step();
    await expectAbout(joining, [-0.5], 'The parameter that joined later, after a step');
  },
  needs,
);

/** Steps and the replays of several captured steps can alternate. All work on the same state. */
const mixed = define(
  'capturable/recording/steps-and-replays-mix',
  spec,
  async ({ backend }) => {
    const { optimizer, parameter } = recordable(backend, { t0: 1 });
    const down = optimizer.capture();
    for (const group of optimizer.paramGroups) group.maximize = true;
    const up = optimizer.capture();
    down.replay();
    down.replay();
    up.replay();
    optimizer.step();
    await expectAbout(parameter, [0, 0], 'The parameter after two steps down and two up');
    await expectAbout(optimizer.averageOf(parameter), [-0.25, -0.5], 'The average of the last two');
    const { step } = (await optimizer.state.get(parameter)?.read()) ?? {};
    expectSame(step, 4, 'The step');
  },
  needs,
);

/** A replay uses the current state of the optimizer, even if it was loaded after the capture. */
const loaded = define(
  'capturable/recording/after-loading',
  spec,
  async ({ backend }) => {
    const { optimizer, parameter } = recordable(backend, { t0: -1 });
    const captured = optimizer.capture();
    captured.replay();
    const dict = await optimizer.stateDict();
    captured.replay();
    captured.replay();
    parameter.write([-0.5, -1]);
    optimizer.loadStateDict(dict);
    captured.replay();
    await expectAbout(parameter, [-1, -2], 'The parameter after loading and a replay');
    await expectAbout(optimizer.averageOf(parameter), [-0.75, -1.5], 'Its average');
    expectSame((await optimizer.stateDict()).state[0]?.step, 2, 'The step');
  },
  needs,
);

/** A replay goes on from where it was after averages were swapped and swapped back. */
const swapped = define(
  'capturable/recording/with-averages',
  spec,
  async ({ backend }) => {
    const { optimizer, parameter } = recordable(backend, { t0: -1 });
    const captured = optimizer.capture();
    for (let replay = 0; replay < 2; replay++) captured.replay();
    optimizer.swapAverages();
    await expectAbout(parameter, [-0.75, -1.5], 'The parameter, swapped for the average of two iterates');
    optimizer.swapAverages();
    await expectAbout(optimizer.averageOf(parameter), [-0.75, -1.5], 'The average, swapped back');
    captured.replay();
    await expectAbout(parameter, [-1.5, -3], 'The parameter after three replays');
  },
  needs,
);

export const recording: readonly Case[] = [noStep, contents, options, participants, mixed, loaded, swapped];
