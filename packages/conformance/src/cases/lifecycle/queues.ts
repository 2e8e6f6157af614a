import { ASGD, AsgdError, type Backend, type Parameter } from '@asgd/core';
import type { Case } from '../../case.ts';
import { anyDType, define } from '../define.ts';
import { describe, expect, expectSame } from '../expect.ts';

// A backend may carry out what it was asked to later, in the order of the calls. These cases queue much, and look at what
// is kept for the work that waits.

const spec = 'Lifetime';

/** With this, a step of gradient g moves a parameter by −g, exactly. */
const exact = { lr: 1, lambd: 0 } as const;

function parameterOf(backend: Backend, values: readonly number[], gradient: readonly number[]): Parameter {
  const dtype = anyDType(backend);
  const parameter = backend.parameter(values, { dtype });
  parameter.grad = backend.tensor(gradient, { dtype });
  return parameter;
}

/** The promise resolves whether there is work or not, and several times at once. */
const resolves = define('lifecycle/queues/synchronize-resolves', spec, async ({ backend }) => {
  const done = await Promise.all([backend.synchronize(), backend.synchronize()]);
  expectSame(done.join(), ',', 'What synchronize() resolves to');
  const parameter = parameterOf(backend, [3, 4], [1, 2]);
  const optimizer = new ASGD([parameter], exact);
  for (let round = 1; round <= 3; round++) {
    optimizer.step();
    await Promise.all([backend.synchronize(), backend.synchronize()]);
  }
  expectSame((await parameter.read()).join(), '0,-2', 'A parameter after three steps, each synchronized');
});

/** A view that was taken before the work shows its result once `synchronize()` has resolved. */
const done = define(
  'lifecycle/queues/done-once-synchronized',
  spec,
  async ({ backend }) => {
    const length = 2 ** 18;
    const dtype = anyDType(backend);
    const parameter = backend.parameter(new Float32Array(length), { dtype });
    parameter.grad = backend.tensor(new Float32Array(length).fill(1), { dtype });
    const optimizer = new ASGD([parameter], exact);
    optimizer.step(); // whatever the first step allocates, which may move memory
    await backend.synchronize();
    const view = parameter.view();
    for (let step = 2; step <= 20; step++) optimizer.step();
    await backend.synchronize();
    expect(
      view.length === length && view.every((value) => value === -20),
      'A view taken before 19 steps does not show them after synchronize().',
    );
  },
  { hostVisible: true },
);

/** Each launch has scalars of its own, however many wait. */
export function manyLaunches(id: string, count: number): Case {
  return define(id, 'Update', async ({ backend }) => {
    const parameter = parameterOf(backend, [0], [1]);
    const optimizer = new ASGD([parameter], exact);
    const [group] = optimizer.paramGroups;
    expect(group !== undefined, 'There is no group.');
    let sum = 0;
    let eta = 1; // a rate acts one step late, the first at once
    for (let step = 0; step < count; step++) {
      group.lr = 1 + (step % 7);
      optimizer.step();
      sum += eta;
      eta = group.lr;
    }
    expectSame((await parameter.read())[0], -sum, `A parameter after ${count} steps with 7 learning rates`);
  });
}

/** Each group has scalars of its own, in one step of many. */
const manyGroups = define('lifecycle/queues/groups/n=130', 'Groups', async ({ backend }) => {
  const groups = Array.from({ length: 130 }, (_, index) => ({
    params: [parameterOf(backend, [index], [1])],
    lr: 1 + (index % 5),
    lambd: index % 4 === 0 ? 0.5 : 0,
    weightDecay: index % 3 === 0 ? 0 : 2 ** (index % 3),
    maximize: index % 2 === 1,
  }));
  const optimizer = new ASGD(groups);
  optimizer.step();
  for (const [index, { params, lr, lambd, weightDecay, maximize }] of groups.entries()) {
    const gradient = (maximize ? -1 : 1) + weightDecay * index;
    const [value] = (await params[0]?.read()) ?? [];
    expectSame(value, index * (1 - lambd * lr) - lr * gradient, `The parameter of group ${index}`);
  }
});

/** One gradient may be several parameters'. */
const sharedGradient = define('lifecycle/queues/shared-gradient', 'Gradients', async ({ backend }) => {
  const gradient = backend.tensor([1, 2], { dtype: anyDType(backend) });
  const parameters = [0, 1, 2].map((value) => parameterOf(backend, [value, value], [0, 0]));
  for (const parameter of parameters) parameter.grad = gradient;
  const optimizer = new ASGD(parameters, exact);
  optimizer.step();
  optimizer.step();
  const values = await Promise.all(parameters.map(async (parameter) => (await parameter.read()).join()));
  expectSame(values.join(' '), '-2,-4 -1,-3 0,-2', 'Parameters that share a gradient, after two steps');
  expectSame((await gradient.read()).join(), '1,2', 'The gradient');
});

/** What is freed while work on it waits is not given to another tensor before. */
const freedWhileQueued = define('lifecycle/queues/freed-while-queued', spec, async ({ backend }) => {
  const dtype = anyDType(backend);
  const parameter = backend.parameter([0, 0, 0], { dtype });
  const optimizer = new ASGD([parameter], exact);
  for (let round = 0; round < 8; round++) {
    const gradient = backend.tensor([1, 2, 3], { dtype });
    parameter.grad = gradient;
    optimizer.step();
    parameter.grad = null;
    gradient.dispose();
    backend.tensor([100, 100, 100], { dtype }).dispose();
  }
  expectSame(
    (await parameter.read()).join(),
    '-8,-16,-24',
    'A parameter whose gradients were freed after each step',
  );
});

/** Backends of one module have nothing in common, and the end of one leaves the other alone. */
const apart = define('lifecycle/queues/backends-apart', spec, async ({ backend, open }) => {
  const other = await open();
  const [ours, theirs] = [parameterOf(backend, [0, 0], [1, 2]), parameterOf(other, [8, 8], [4, 1])];
  const optimizers = [new ASGD([ours], exact), new ASGD([theirs], { ...exact, lr: 2, t0: 0 })];
  for (let step = 0; step < 3; step++) for (const optimizer of optimizers) optimizer.step();
  expectSame((await theirs.read()).join(), '-16,2', 'A parameter of the other backend');
  const average = (await optimizers[1]?.averageOf(theirs).read())?.join();
  expectSame(average, '-12,3', 'Its average');
  optimizers[0]?.step();
  await other.close();
  expectSame((await ours.read()).join(), '-4,-8', 'A parameter of the backend that is open');
});

/** Nobody waits forever for what was asked for before the end. */
const readsAtClose = define('lifecycle/queues/reads-waiting-at-close', spec, async ({ open }) => {
  const backend = await open();
  const parameter = parameterOf(backend, [3, 4], [1, 2]);
  const optimizer = new ASGD([parameter], exact);
  optimizer.step();
  const reading = parameter.read().then(
    (values) => values.join(),
    (error: unknown) => (error instanceof AsgdError ? 'an AsgdError' : describe(error)),
  );
  await backend.close();
  const read = await reading;
  expect(
    read === '2,2' || read === 'an AsgdError',
    `A read that waited at close() gave ${read}; expected 2,2, or an AsgdError.`,
  );
});

export const queues: readonly Case[] = [
  resolves,
  done,
  manyLaunches('lifecycle/queues/launches/n=1100', 1100),
  manyGroups,
  sharedGradient,
  freedWhileQueued,
  apart,
  readsAtClose,
];
