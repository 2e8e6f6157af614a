import { ASGD, type Backend, type Options } from '@asgd/core';
import type { Case, Needs } from '../../case.ts';
import { anyDType, define } from '../define.ts';
import { expect } from '../expect.ts';
import { Linear } from './linear.ts';
import { ReduceOnPlateau, StepDecay } from './schedulers.ts';

// The first test that PyTorch gives every optimizer, on PyTorch's inputs for this one: in twenty steps the loss falls,
// or rises if it is maximized.

const spec = 'Update';
const steps = 20;

const inputs: Readonly<Record<string, Partial<Options>>> = {
  defaults: {},
  'lambd=0.1': { lambd: 0.1 },
  'lr=0.02': { lr: 0.02 },
  't0=100': { t0: 100 },
  't0=0': { t0: 0 },
  maximize: { maximize: true },
  'weight-decay': { weightDecay: 0.1 },
  'weight-decay+maximize': { weightDecay: 0.1, maximize: true },
};

/** How the model is trained. */
interface Mode {
  readonly options?: Partial<Options>;
  readonly hasSchedulers?: boolean;
  readonly hasTensorLr?: boolean;
  /** Whether the bias is in a group with its own lr. */
  readonly hasGroups?: boolean;
  readonly inputs?: readonly string[];
}

const some = ['defaults', 't0=0', 'weight-decay+maximize'];

const modes: Readonly<Record<string, readonly [mode: Mode, needs: Needs]>> = {
  'one-by-one': [{ options: { foreach: false } }, {}],
  together: [{ options: { foreach: true } }, {}],
  schedulers: [{ hasSchedulers: true }, {}],
  groups: [{ hasSchedulers: true, hasGroups: true, inputs: some }, {}],
  differentiable: [{ options: { differentiable: true }, inputs: some }, {}],
  capturable: [{ options: { capturable: true } }, { schedules: true }],
  'tensor-lr': [
    { hasTensorLr: true, hasSchedulers: true, options: { capturable: true } },
    { schedules: true },
  ],
};

async function checkDirection(backend: Backend, input: Partial<Options>, mode: Mode): Promise<void> {
  const model = new Linear(backend);
  const optimizer = makeOptimizer(backend, model, input, mode);
  const schedulers = [new StepDecay(optimizer, 10, 0.9), new ReduceOnPlateau(optimizer, 10, 0.1)] as const;
  const losses: number[] = [];
  for (let step = 0; step < steps; step++) {
    const loss = await optimizer.step(() => model.loss());
    losses.push(loss);
    if (!mode.hasSchedulers) continue;
    schedulers[0].step();
    schedulers[1].step(loss);
  }
  losses.push(await model.loss());
  const [first = NaN, last = NaN] = [losses[0], losses.at(-1)];
  expect(
    input.maximize ? last > first : last < first,
    `The loss went from ${first} to ${last} in ${steps} steps: ${losses.join(', ')}.`,
  );
  // Every step must go in the right direction, not only the first few.
  const turns = losses.filter((loss, index) => {
    const before = losses[index - 1] ?? loss;
    return input.maximize ? loss < before : loss > before;
  });
  expect(turns.length === 0, `The loss went the wrong way: ${losses.join(', ')}.`);
  optimizer.dispose();
}

function makeOptimizer(backend: Backend, model: Linear, input: Partial<Options>, mode: Mode): ASGD {
  const { weight, bias } = model;
  const lrValue = 0.001;
  const lr = mode.hasTensorLr ? { lr: backend.tensor([lrValue], { dtype: anyDType(backend) }) } : {};
  const options = { ...input, ...mode.options, ...lr };
  return mode.hasGroups
    ? new ASGD([{ params: weight }, { params: bias, lr: 0.01 }], { lr: 0.001, ...options })
    : new ASGD([{ params: [weight, bias], extra: { lrValue } }], options);
}

export const directions: readonly Case[] = Object.entries(modes).flatMap(([name, [mode, needs]]) =>
  (mode.inputs ?? Object.keys(inputs)).map((input) =>
    define(
      `learning/direction/${name}/${input}`,
      spec,
      ({ backend }) => checkDirection(backend, inputs[input] ?? {}, mode),
      needs,
    ),
  ),
);
