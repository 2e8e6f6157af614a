import { ASGD, type Backend, type Options, type Parameter, type ParameterState } from '@asgd/core';
import type { Case } from '../../case.ts';
import { defaultOptions, nextSchedule } from '../../reference.ts';
import { anyDType, define } from '../define.ts';
import { checkSchedule, scheduleBounds } from '../../exact.ts';
import { expectBits, expectSame, expectThrows } from '../expect.ts';
import { expectEqual } from '../fixture.ts';
import { expectAbout } from './about.ts';

const spec = 'Capturable';
const needs = { schedules: true } as const;

interface Trained {
  readonly parameter: Parameter;
  readonly optimizer: ASGD;
}

function train(backend: Backend, steps: number, options: Partial<Options>): Trained {
  const dtype = anyDType(backend);
  const parameter = backend.parameter([1, -2, 3], { dtype });
  parameter.grad = backend.tensor([0.25, 0.5, -0.75], { dtype });
  const optimizer = new ASGD([parameter], { lr: 0.1, lambd: 0.1, ...options });
  for (let step = 0; step < steps; step++) optimizer.step();
  return { parameter, optimizer };
}

function stateOf({ parameter, optimizer }: Trained): ParameterState {
  const state = optimizer.state.get(parameter);
  if (!state) throw new Error('A parameter that was stepped has no state.');
  return state;
}

/** `read()` gives the counters as of the call, wherever they are. The properties work only where the host has them. */
const read = define(
  'capturable/state/read',
  spec,
  async ({ backend }) => {
    const options = { ...defaultOptions, lr: 0.1, lambd: 0.1, t0: 0 };
    for (const capturable of [true, false]) {
      const trained = train(backend, 2, { t0: 0, capturable });
      const state = stateOf(trained);
      const [early, again] = [state.read(), state.read()];
      trained.optimizer.step();
      const late = await state.read();
      const second = nextSchedule({ step: 1, eta: 0, mu: 1 }, options);
      checkSchedule('the state read after two steps', await early, second, scheduleBounds(backend));
      checkSchedule('the state read again', await again, second, scheduleBounds(backend));
      checkSchedule(
        'the state read after three steps',
        late,
        nextSchedule(second, options),
        scheduleBounds(backend),
      );
      expectSame(Object.keys(late).toSorted().join(), 'eta,mu,step', 'The keys of the state that was read');
      const isOnHost = backend.capabilities.hostVisible || !capturable;
      for (const key of ['step', 'eta', 'mu'] as const) {
        if (isOnHost) expectSame(state[key], late[key], `The ${key} of the state`);
        else expectThrows('UNSUPPORTED', `The ${key} of a state on a device`, () => state[key]);
      }
    }
  },
  needs,
);

/** The state is saved like any other. Capturable and plain optimizers can continue from each other's dictionaries. */
const saved = define(
  'capturable/state/dictionary',
  'State dictionary',
  async ({ backend }) => {
    for (const [from, to] of [
      [true, false],
      [false, true],
      [true, true],
    ] as const) {
      const original = train(backend, 3, { t0: 0, capturable: from });
      const dict = structuredClone(await original.optimizer.stateDict());
      expectSame(dict.paramGroups[0]?.capturable, from, 'capturable, as saved');
      const { step, eta, mu, ax } = dict.state[0] ?? {};
      const counters = await stateOf(original).read();
      expectEqual({ step, eta, mu }, counters, 'The saved counters:');
      if (ax) expectBits(ax.values, await stateOf(original).ax.read(), 'The saved average');
      const clone = train(backend, 1, { lr: 7 });
      clone.parameter.write(await original.parameter.read());
      clone.optimizer.loadStateDict(dict);
      checkSchedule('the loaded state', await stateOf(clone).read(), counters, scheduleBounds(backend));
      for (const group of clone.optimizer.paramGroups) group.capturable = to;
      original.optimizer.step();
      clone.optimizer.step();
      // Both compute this step alike. Only the schedule after it may differ, within its bounds.
      const [parameter, average] = [original.parameter, stateOf(original).ax];
      await expectAbout(clone.parameter, [...(await parameter.read())], 'The parameter of a clone');
      await expectAbout(stateOf(clone).ax, [...(await average.read())], 'The average of a clone');
    }
  },
  needs,
);

/** A group may become capturable at any time. Its counters and averages move with it. */
const toggled = define(
  'capturable/state/toggled',
  spec,
  async ({ backend }) => {
    const options = { ...defaultOptions, lr: 0.1, lambd: 0.1, t0: 3 };
    const trained = train(backend, 0, { t0: 3 });
    let expected = { step: 0, eta: 0, mu: 1 };
    // Before averaging, when it begins, and after that.
    for (const capturable of [false, true, true, false, false, true, true, false]) {
      for (const group of trained.optimizer.paramGroups) group.capturable = capturable;
      trained.optimizer.step();
      expected = nextSchedule(expected, options);
      checkSchedule(
        `step ${expected.step}`,
        await stateOf(trained).read(),
        expected,
        scheduleBounds(backend),
      );
    }
    expectSame((await trained.optimizer.stateDict()).state[0]?.step, 8, 'The saved step');
  },
  needs,
);

/** A count in float32, as PyTorch keeps it, would stop at 2^24. Ours must go on. */
const counting = define(
  'capturable/state/counts-beyond-float32',
  'State',
  async ({ backend }) => {
    for (const start of [
      2 ** 22 - 2,
      2 ** 24 - 2,
      2 ** 31 - 2,
      2 ** 40,
      2 ** 44 - 2,
      2 ** 46 + 2 ** 22 - 2,
      2 ** 52 + 2 ** 22 - 2,
    ]) {
      const options = { ...defaultOptions, lr: 0.1, lambd: 0.1, t0: start - 1 };
      const trained = train(backend, 1, { capturable: true });
      const { state, paramGroups } = await trained.optimizer.stateDict();
      const [entry] = Object.values(state);
      if (!entry) throw new Error('The dictionary has no state.');
      trained.optimizer.loadStateDict({
        state: { 0: { ...entry, step: start } },
        paramGroups: paramGroups.map((group) => ({ ...group, t0: options.t0 })),
      });
      let expected = { step: start, eta: 0, mu: 1 };
      for (let step = 0; step < 4; step++) {
        trained.optimizer.step();
        expected = nextSchedule(expected, options);
        const what = `step ${step + 1} beyond ${start}`;
        checkSchedule(what, await stateOf(trained).read(), expected, scheduleBounds(backend));
      }
    }
  },
  needs,
);

export const capturableState: readonly Case[] = [read, saved, toggled, counting];
