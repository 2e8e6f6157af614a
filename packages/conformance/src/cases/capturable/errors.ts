import { ASGD, type Backend, OptionError, type Options, type Parameter } from '@asgd/core';
import type { Case } from '../../case.ts';
import { anyDType, define } from '../define.ts';
import { expect, expectSame, expectThrows } from '../expect.ts';
import { expectUnchanged } from '../fixture.ts';

const spec = 'Capturable';
const needs = { schedules: true } as const;

function descending(backend: Backend): Parameter {
  const dtype = anyDType(backend);
  const parameter = backend.parameter([1], { dtype });
  parameter.grad = backend.tensor([1], { dtype });
  return parameter;
}

/** The error names the first group that cannot be captured. A group without a gradient does not count. */
const named = define(
  'errors/capturable/group-that-is-not',
  spec,
  async ({ backend }) => {
    const idle = backend.parameter([1], { dtype: anyDType(backend) });
    const optimizer = new ASGD([
      { params: [descending(backend)], capturable: true },
      { params: [idle] },
      { params: [descending(backend)] },
      { params: [descending(backend)] },
    ]);
    const attempt = (): unknown => {
      try {
        return optimizer.capture();
      } catch (error) {
        return error;
      }
    };
    await expectUnchanged(optimizer, 'Capturing a group that is not capturable', () =>
      expectThrows('INVALID_OPTION', 'Capturing a group that is not capturable', () => optimizer.capture()),
    );
    const error = attempt();
    expect(
      error instanceof OptionError && /\bgroup 2\b/.test(error.message),
      `The error should name group 2: ${String(error)}`,
    );
    const groups = optimizer.paramGroups;
    groups.slice(2).forEach((group) => (group.capturable = true));
    optimizer.capture().replay();
    expectSame(optimizer.state.size, 3, 'The number of parameters that the replay updated');
  },
  needs,
);

const replayed = define(
  'errors/capturable/replay',
  spec,
  async ({ backend, open }) => {
    const elsewhere = await open();
    const [first, second] = [descending(backend), descending(elsewhere)];
    const optimizer = new ASGD([first, second], { capturable: true, t0: -1 });
    const captured = optimizer.capture();
    captured.replay();
    optimizer.swapAverages();
    await expectUnchanged(optimizer, 'A replay while swapped', () => {
      expectThrows('AVERAGES_SWAPPED', 'A replay while swapped', () => captured.replay());
      expectThrows('AVERAGES_SWAPPED', 'Capturing while swapped', () => optimizer.capture());
    });
    optimizer.swapAverages();
    second.grad?.dispose();
    await expectUnchanged(optimizer, 'A replay with a disposed gradient', () =>
      expectThrows('DISPOSED', 'A replay with a disposed gradient', () => captured.replay()),
    );
    await elsewhere.close();
    const before = (await first.read()).join();
    expectThrows('CLOSED', 'A replay on a closed backend', () => captured.replay());
    expectSame((await first.read()).join(), before, 'The parameter on the backend that is open');
    optimizer.dispose();
    expectThrows('DISPOSED', 'A replay after dispose()', () => captured.replay());
    expectThrows('DISPOSED', 'Capturing after dispose()', () => optimizer.capture());
  },
  needs,
);

/** A step fails once an option has become invalid, but a replay still uses the options that were captured. */
const broken = define(
  'errors/capturable/options',
  spec,
  async ({ backend }) => {
    const parameter = descending(backend);
    const optimizer = new ASGD([parameter], { capturable: true });
    const captured = optimizer.capture();
    const [group] = optimizer.paramGroups;
    if (!group) throw new Error('The optimizer has no group.');
    group.lambd = -1;
    await expectUnchanged(optimizer, 'A step with an invalid option', () =>
      expectThrows('INVALID_OPTION', 'A step with an invalid option', () => optimizer.step()),
    );
    captured.replay();
    expectSame((await optimizer.state.get(parameter)?.read())?.step, 1, 'The step after a replay');
  },
  needs,
);

/** A step whose schedule is on the device cannot be recorded for differentiating. */
const differentiable = define(
  'errors/capturable/differentiable',
  'Differentiating',
  async ({ backend }) => {
    const optimizer = new ASGD([descending(backend)], { capturable: true, differentiable: true });
    await expectUnchanged(optimizer, 'A differentiable step on a device', () =>
      expectThrows('INVALID_OPTION', 'A differentiable step on a device', () => optimizer.step()),
    );
    for (const group of optimizer.paramGroups) group.capturable = false;
    optimizer.step();
    expectSame((await optimizer.backward({})).gradients.length, 1, 'The number of steps differentiated');
  },
  { ...needs, hostVisible: false },
);

/** A backend without schedules refuses the first step that needs one, and takes the step once it needs none. */
const unsupported = define(
  'errors/capturable/unsupported',
  spec,
  async ({ backend }) => {
    const lr = backend.tensor([0.5], { dtype: anyDType(backend) });
    for (const options of [{ capturable: true }, { lr }] satisfies readonly Partial<Options>[]) {
      const what = `A step with ${Object.keys(options).join()}`;
      const optimizer = new ASGD([descending(backend)], options);
      await expectUnchanged(optimizer, what, () => expectThrows('UNSUPPORTED', what, () => optimizer.step()));
      for (const group of optimizer.paramGroups) Object.assign(group, { capturable: false, lr: 0.5 });
      optimizer.step();
      expectSame(optimizer.state.size, 1, 'The number of states after a step without it');
    }
  },
  { schedules: false },
);

export const capturableErrors: readonly Case[] = [named, replayed, broken, differentiable, unsupported];
