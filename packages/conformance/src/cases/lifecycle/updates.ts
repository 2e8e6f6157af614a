import { ASGD, type Backend, type Options, type Parameter } from '@asgd/core';
import type { Case } from '../../case.ts';
import { lanesOf } from '../../rounding.ts';
import { anyDType, define } from '../define.ts';
import { expect, expectBits, expectSame } from '../expect.ts';

// Which parameters take part in an update, and with which step size. Without decay and with gradients of 1, a parameter
// moves by exactly its step size, which these options keep exact.

const plain: Partial<Options> = { lr: 1, lambd: 0 };

/** A parameter at 0 with a gradient of 1. */
function descending(backend: Backend): Parameter {
  const dtype = anyDType(backend);
  const parameter = backend.parameter([0], { dtype });
  parameter.grad = backend.tensor([1], { dtype });
  return parameter;
}

async function valueOf(parameter: Parameter): Promise<number> {
  const [value = Number.NaN] = await parameter.read();
  return value;
}

/** As in PyTorch, eta for the next update is computed at the end of this one. */
const lag = define('lifecycle/updates/lr-acts-one-step-late', 'Schedule', async ({ backend }) => {
  const parameter = descending(backend);
  const optimizer = new ASGD([parameter], plain);
  const [group] = optimizer.paramGroups;
  const taken: number[] = [];
  for (const lr of [1, 2, 3, 4, 5]) {
    if (group) group.lr = lr;
    const before = await valueOf(parameter);
    optimizer.step();
    taken.push(before - (await valueOf(parameter)));
  }
  expectSame(taken.join(), '1,1,2,3,4', 'The step sizes with lr 1,2,3,4,5');
});

/** All other options take effect at once. */
const editing = define('lifecycle/updates/options-can-be-edited', 'Options', async ({ backend }) => {
  const parameter = descending(backend);
  const optimizer = new ASGD([parameter], plain);
  const [group] = optimizer.paramGroups;
  if (!group) throw new Error('The optimizer has no group.');
  optimizer.step();
  expectSame(await valueOf(parameter), -1, 'The parameter after a step down');
  group.maximize = true;
  optimizer.step();
  expectSame(await valueOf(parameter), 0, 'The parameter after a step up');
  group.maximize = false;
  group.weightDecay = 2;
  optimizer.step();
  expectSame(await valueOf(parameter), -1, 'The parameter after a step with nothing to decay');
  optimizer.step();
  expectSame(await valueOf(parameter), 0, 'The parameter after a step with a weightDecay of 2');
  group.weightDecay = 0;
  group.lambd = 0.5;
  optimizer.step();
  expectSame(await valueOf(parameter), -1, 'The parameter after a step with nothing to shrink');
  group.alpha = 0;
  optimizer.step();
  // The step before computed eta, with lambd 0.5 and alpha 0.75.
  const eta = Math.fround(1 / (1 + 0.5 * 5) ** 0.75);
  expectSame(optimizer.state.get(parameter)?.step, 6, 'The step');
  expectSame(optimizer.state.get(parameter)?.eta, 1, 'eta after a step with alpha 0');
  const expected = -(1 - 0.5 * eta) - eta;
  const moved = await valueOf(parameter);
  expect(Math.abs(moved - expected) < 2 ** -22, `The parameter is ${moved}; expected about ${expected}.`);
});

/** Averaging begins when t0 says so, even if t0 is edited during training. */
const early = define('lifecycle/updates/t0-can-be-edited', 'Averaging', async ({ backend }) => {
  const parameter = descending(backend);
  const optimizer = new ASGD([parameter], plain);
  const [group] = optimizer.paramGroups;
  if (!group) throw new Error('The optimizer has no group.');
  for (let update = 1; update <= 4; update++) optimizer.step();
  group.t0 = 4;
  // Updates 5 and 6 still copy (6 = t0 + 2); update 7 is the first to blend.
  const averages: number[] = [];
  for (let update = 5; update <= 7; update++) {
    optimizer.step();
    averages.push(...(await optimizer.averageOf(parameter).read()));
  }
  expectSame(averages.join(), '-5,-6,-6.5', 'The averages after updates 5, 6 and 7');
});

const absent = define('lifecycle/updates/no-gradient-sits-out', 'State', async ({ backend }) => {
  const [present, never, sometimes] = [descending(backend), descending(backend), descending(backend)];
  never.grad = null;
  const optimizer = new ASGD([present, never, sometimes], { lr: 1, lambd: 0.5 });
  optimizer.step();
  const before = await sometimes.read();
  sometimes.grad = null;
  optimizer.step();
  optimizer.step();
  expectBits(await sometimes.read(), before, 'A parameter without a gradient');
  expectSame(await valueOf(never), 0, 'A parameter that never had a gradient');
  expectSame(optimizer.state.get(present)?.step, 3, 'The step of the parameter with gradients');
  expectSame(optimizer.state.get(sometimes)?.step, 1, 'The step of the parameter that had one gradient');
  expectSame(optimizer.state.has(never), false, 'Whether a parameter that never had a gradient has state');
  expectBits(await optimizer.averageOf(never).read(), await never.read(), 'Its average');
  expectSame(
    Object.keys((await optimizer.stateDict()).state).join(),
    '0,2',
    'The keys of the state dictionary',
  );
});

const late = define('lifecycle/updates/late-joiner-starts-from-lr', 'State', async ({ backend }) => {
  const [first, second] = [descending(backend), descending(backend)];
  const { grad } = second;
  second.grad = null;
  const optimizer = new ASGD([first, second], { lr: 1, lambd: 0.5, alpha: 1, t0: 0 });
  for (let update = 0; update < 3; update++) optimizer.step();
  expectSame(optimizer.state.get(first)?.eta, Math.fround(1 / 2.5), 'eta of the first after three updates');
  second.grad = grad;
  optimizer.step();
  expectSame(await valueOf(second), -1, 'A parameter after its first update, at lr 1');
  const state = optimizer.state.get(second);
  expectSame(state?.step, 1, 'The step of a late joiner');
  expectSame(state?.eta, Math.fround(1 / 1.5), 'eta of a late joiner after one update');
  expectSame(state?.mu, 1, 'mu of a late joiner after one update');
});

/** Unlike most optimizers, averaged SGD moves with a zero gradient: lambd shrinks the parameter. */
const decay = define('lifecycle/updates/zero-gradient-still-decays', 'Update', async ({ backend }) => {
  const dtype = anyDType(backend);
  const parameter = backend.parameter([8], { dtype });
  parameter.grad = backend.zeros([1], { dtype });
  const optimizer = new ASGD([parameter], { lr: 0.5, lambd: 0.5, alpha: 0 });
  optimizer.step();
  expectSame(await valueOf(parameter), 6, 'The parameter after a zero gradient');
  optimizer.zeroGrad({ setToNone: false });
  optimizer.step();
  expectSame(await valueOf(parameter), 4.5, 'The parameter after another');
});

const sizes = define('lifecycle/updates/empty-and-0-d-tensors', 'Tensors', async ({ backend }) => {
  const dtype = anyDType(backend);
  const empty = backend.parameter([], { dtype });
  const flat = backend.parameter([], { dtype, shape: [3, 0] });
  const scalar = backend.parameter(5, { dtype });
  empty.grad = backend.zeros([0], { dtype });
  flat.grad = backend.zeros([3, 0], { dtype });
  scalar.grad = backend.tensor(1, { dtype });
  const optimizer = new ASGD([empty, scalar, flat], { ...plain, t0: -1 });
  for (let update = 0; update < 3; update++) optimizer.step();
  expectSame((await empty.read()).length, 0, 'The number of values of an empty parameter');
  expectSame((await optimizer.averageOf(flat).read()).length, 0, 'The number of values of its average');
  expectSame(optimizer.state.get(empty)?.step, 3, 'The step of an empty parameter');
  expectSame(await valueOf(scalar), 2, 'A 0-d parameter');
  expectSame((await optimizer.averageOf(scalar).read()).length, 1, 'The number of values of its average');
  optimizer.withAverages(() => {});
  optimizer.loadStateDict(await optimizer.stateDict());
  optimizer.step();
  expectSame(await valueOf(scalar), 1, 'A 0-d parameter after loading');
});

const mixed = define('lifecycle/updates/dtypes-mix-in-a-group', 'Groups', async ({ backend }) => {
  const dtypes = backend.capabilities.dtypes.flatMap((dtype) =>
    dtype === 'float32' ? (['float32', 'complex64'] as const) : (['float64', 'complex128'] as const),
  );
  const parameters = [...dtypes, ...dtypes].map((dtype, index) => {
    const values = Array.from({ length: (1 + index) * lanesOf(dtype) }, (_, at) => at);
    const parameter = backend.parameter(values, { dtype });
    parameter.grad = backend.tensor(
      values.map(() => 1),
      { dtype },
    );
    return parameter;
  });
  const optimizer = new ASGD(parameters, { ...plain, t0: 0 });
  for (let update = 0; update < 3; update++) optimizer.step();
  for (const parameter of parameters) {
    const values = await parameter.read();
    expectBits(
      values,
      values.map((_, at) => at - 3),
      `A ${parameter.dtype} parameter among others`,
    );
    const average = await optimizer.averageOf(parameter).read();
    expectBits(
      average,
      values.map((_, at) => at - 2.5),
      `The average of a ${parameter.dtype} parameter`,
    );
  }
});

const two = define('lifecycle/updates/two-backends-in-an-optimizer', 'Groups', async ({ backend, open }) => {
  const other = await open();
  const parameters = [backend, other, backend, other].map(descending);
  const optimizer = new ASGD(parameters, { ...plain, t0: 0 });
  for (let update = 0; update < 3; update++) optimizer.step();
  for (const parameter of parameters) {
    expectSame(await valueOf(parameter), -3, 'A parameter among those of two backends');
    expectSame((await optimizer.averageOf(parameter).read())[0], -2.5, 'Its average');
  }
  optimizer.swapAverages();
  for (const parameter of parameters) expectSame(await valueOf(parameter), -2.5, 'A parameter, swapped');
});

export const updates: readonly Case[] = [lag, editing, early, absent, late, decay, sizes, mixed, two];
