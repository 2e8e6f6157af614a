import { asgd, type Backend, type Parameter, type Tensor } from '@asgd/core';
import type { Case } from '../../case.ts';
import { anyDType, define } from '../define.ts';
import { expectBits, expectSame } from '../expect.ts';
import { expectEqual } from '../fixture.ts';
import { property } from '../properties/property.ts';
import type { Plan } from '../properties/scenario.ts';
import { Training } from '../properties/training.ts';

const spec = 'Functional form';

/** The tensors and numbers that an optimizer would keep, kept by the caller. */
class Lists {
  readonly parameters: readonly Tensor[];
  readonly averages: readonly Tensor[];
  readonly mus: number[];
  readonly etas: number[];
  readonly steps: number[];

  constructor(backend: Backend, { tensors, dtype, options }: Plan) {
    this.parameters = tensors.map(({ values }) => backend.tensor(values, { dtype }));
    this.averages = this.parameters.map(({ shape }) => backend.zeros(shape, { dtype }));
    this.mus = tensors.map(() => 1);
    this.etas = tensors.map(() => options.lr as number);
    this.steps = tensors.map(() => 0);
  }

  /** One update of the parameters that have a gradient. */
  update(gradients: readonly (Tensor | null)[], options: Plan['options']): void {
    const present = gradients.flatMap((gradient, index) => (gradient ? [{ gradient, index }] : []));
    const pick = <Item>(items: readonly Item[]): Item[] => present.map(({ index }) => items[index] as Item);
    const [mus, etas, steps] = [pick(this.mus), pick(this.etas), pick(this.steps)];
    const grads = present.map(({ gradient }) => gradient);
    asgd(pick(this.parameters), grads, pick(this.averages), mus, etas, steps, options);
    for (const [position, { index }] of present.entries()) {
      this.mus[index] = mus[position] ?? NaN;
      this.etas[index] = etas[position] ?? NaN;
      this.steps[index] = steps[position] ?? NaN;
    }
  }

  dispose(): void {
    for (const tensor of [...this.parameters, ...this.averages]) tensor.dispose();
  }
}

/** With the documented start values, it gives the same bits as an optimizer. */
const sameBits = property('functional', spec, async (backend, plan) => {
  const training = new Training(backend, plan);
  const lists = new Lists(backend, plan);
  try {
    for (let step = 0; step < plan.steps; step++) {
      training.advance(step, step + 1);
      lists.update(
        training.parameters.map(({ grad }) => grad),
        plan.options,
      );
      await expectInStep(lists, training, step);
    }
  } finally {
    training.dispose();
    lists.dispose();
  }
});

async function expectInStep(lists: Lists, training: Training, step: number): Promise<void> {
  const outcome = await training.outcome();
  for (const [index, { parameter, average, schedule }] of outcome.entries()) {
    const what = `of parameter ${index} after step ${step + 1}, by asgd(),`;
    const [values, ax] = [await lists.parameters[index]?.read(), await lists.averages[index]?.read()];
    if (values) expectBits(values, parameter, `The value ${what}`);
    if (!schedule) continue; // it has not had a gradient yet
    if (ax) expectBits(ax, average, `The average ${what}`);
    expectSame(lists.steps[index], schedule.step, `The step ${what}`);
    expectSame(lists.etas[index], schedule.eta, `eta ${what}`);
    expectSame(lists.mus[index], schedule.mu, `mu ${what}`);
  }
}

interface One {
  readonly parameter: Parameter;
  readonly gradient: Tensor;
  readonly average: Tensor;
}

function one(backend: Backend, values: readonly number[] = [1, 2]): One {
  const dtype = anyDType(backend);
  return {
    parameter: backend.parameter(values, { dtype }),
    gradient: backend.tensor(
      values.map((value) => 2 * value),
      { dtype },
    ),
    average: backend.tensor(
      values.map(() => 99),
      { dtype },
    ),
  };
}

async function join(tensor: Tensor): Promise<string> {
  return (await tensor.read()).join();
}

/** Tensors and the arrays of numbers are updated in place. The average is written from the first update on. */
const inPlace = define('functional/in-place', spec, async ({ backend }) => {
  const { parameter, gradient, average } = one(backend);
  const [mus, etas, steps] = [[1], [0.5], [0]];
  const update = (): unknown =>
    asgd([parameter], [gradient], [average], mus, etas, steps, { lr: 0.5, lambd: 0, t0: 0 });
  expectSame(update(), undefined, 'What asgd() returns');
  expectSame(await join(parameter), '0,0', 'The parameter after one update');
  expectSame(await join(average), '0,0', 'Its average, a copy');
  update();
  expectSame(await join(parameter), '-1,-2', 'The parameter after two updates');
  expectSame(await join(average), '-1,-2', 'Its average, a copy');
  expectEqual(
    { mus, etas, steps },
    { mus: [0.5], etas: [0.5], steps: [2] },
    'The numbers after two updates:',
  );
  update();
  expectSame(await join(parameter), '-2,-4', 'The parameter after three updates');
  expectSame(await join(average), '-1.5,-3', 'Its average, blended');
  expectEqual({ mus, etas, steps }, { mus: [Math.fround(1 / 3)], etas: [0.5], steps: [3] }, 'The numbers:');
  expectSame(await join(gradient), '2,4', 'The gradient');
  expectSame(parameter.grad, null, 'The parameter’s own grad');
});

/** It starts from the given numbers, whatever their origin. Like an optimizer's, they are float32. */
const midway = define('functional/midway', spec, async ({ backend }) => {
  const { parameter, gradient, average } = one(backend, [2, 4]);
  const [mus, etas, steps] = [[0.25], [0.125], [2 ** 30]];
  average.write([8, 16]);
  asgd([parameter], [gradient], [average], mus, etas, steps, { lr: 0.5, lambd: 2, alpha: 0, t0: 0 });
  // 2·(1 − 2/8) − 4/8, and 8 + (1 − 8)/4
  expectSame(await join(parameter), '1,2', 'The parameter');
  expectSame(await join(average), '6.25,12.5', 'Its average');
  const mu = Math.fround(1 / (2 ** 30 + 1));
  expectEqual({ mus, etas, steps }, { mus: [mu], etas: [0.5], steps: [2 ** 30 + 1] }, 'The numbers:');
});

/** Without options it uses the optimizer's defaults. */
const defaults = define('functional/defaults', spec, ({ backend }) => {
  const { parameter, gradient, average } = one(backend);
  const [mus, etas, steps] = [[1], [0.01], [0]];
  asgd([parameter], [gradient], [average], mus, etas, steps);
  const eta = Math.fround(0.01 / (1 + 1e-4 * 0.01) ** 0.75);
  expectEqual({ mus, etas, steps }, { mus: [1], etas: [eta], steps: [1] }, 'The numbers after one update:');
});

/** It takes tensors of several dtypes and backends in any order, shared gradients, and empty lists. */
const several = define('functional/several', spec, async ({ backend, open }) => {
  asgd([], [], [], [], [], []);
  const dtype = anyDType(backend);
  const complex = dtype === 'float32' ? 'complex64' : 'complex128';
  const [a, b, c] = [one(backend, [0, 0]), one(await open(), [4, 8]), one(backend, [0, 0])];
  const pair = backend.tensor([1, 2], { dtype: complex });
  const [pairGradient, pairAverage] = [
    backend.tensor([2, 4], { dtype: complex }),
    backend.zeros([1], { dtype: complex }),
  ];
  const empty = [0, 1, 2].map(() => backend.zeros([0], { dtype })) as [Tensor, Tensor, Tensor];
  const params = [a.parameter, pair, b.parameter, empty[0], c.parameter];
  const shared = backend.tensor([1, 1], { dtype });
  const grads = [shared, pairGradient, b.gradient, empty[1], shared];
  const axs = [a.average, pairAverage, b.average, empty[2], c.average];
  const [mus, etas, steps] = [
    [1, 1, 1, 1, 0.5],
    [0.5, 0.5, 0.5, 0.5, 2],
    [0, 0, 0, 0, 7],
  ];
  asgd(params, grads, axs, mus, etas, steps, { lr: 0.5, lambd: 0 });
  const values = await Promise.all(params.map(join));
  expectSame(values.join(';'), '-0.5,-0.5;0,0;0,0;;-2,-2', 'The parameters');
  const averages = await Promise.all(axs.map(join));
  expectSame(averages.join(';'), '-0.5,-0.5;0,0;0,0;;48.5,48.5', 'Their averages');
  expectEqual(steps, [1, 1, 1, 1, 8], 'Their steps:');
});

/** The learning rate may be a tensor if the host sees its memory. The value of a tensor on a device is unknown here. */
const tensorLr = define(
  'functional/tensor-lr',
  spec,
  async ({ backend }) => {
    const { parameter, gradient, average } = one(backend);
    const lr = backend.tensor([0.5], { dtype: anyDType(backend) });
    const [mus, etas, steps] = [[1], [0.5], [0]];
    const update = (): void => asgd([parameter], [gradient], [average], mus, etas, steps, { lr, lambd: 0 });
    update();
    lr.write([0.25]);
    update();
    update();
    expectSame(await join(parameter), '-1.5,-3', 'The parameter');
    expectEqual(etas, [0.25], 'etas:');
  },
  { hostVisible: true },
);

/** A function in place of an average is called by the update before the first one that blends, and not before. */
const lateAverage = define('functional/late-average', spec, async ({ backend }) => {
  const dtype = anyDType(backend);
  const early = one(backend);
  const late = one(backend);
  let made: Tensor | undefined;
  const make = (): Tensor => (made = backend.tensor([99, 99], { dtype }));
  const [mus, etas, steps] = [
    [1, 1],
    [0.5, 0.5],
    [0, 0],
  ];
  const options = { lr: 0.5, lambd: 0, t0: 1 };
  const expected = ['0,0;0,0;none', '-1,-2;-1,-2;none', '-2,-4;-2,-4;-2,-4', '-3,-6;-2.5,-5;-2.5,-5'];
  for (const values of expected) {
    const params = [early.parameter, late.parameter];
    const grads = [early.gradient, late.gradient];
    asgd(params, grads, [early.average, made ?? make], mus, etas, steps, options);
    const now = [await join(late.parameter), await join(early.average), made ? await join(made) : 'none'];
    expectSame(now.join(';'), values, `The parameter and both averages after step ${steps[1]}`);
    expectSame(await join(early.parameter), await join(late.parameter), 'The other parameter');
  }
  expectEqual(
    { mus, etas, steps },
    { mus: [1 / 3, 1 / 3].map(Math.fround), etas: [0.5, 0.5], steps: [4, 4] },
    'The numbers:',
  );
});

export const functionalUpdates: readonly Case[] = [
  ...sameBits,
  inPlace,
  midway,
  defaults,
  several,
  tensorLr,
  lateAverage,
];
